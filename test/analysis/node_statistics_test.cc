#include "analysis/node_statistics.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "profile_records.h"

namespace heimdallr::analysis {
namespace {

template <typename Key, typename Amount>
using Entries = std::vector<std::pair<Key, Amount>>;

TraceHeader TwoNodes() {
  TraceHeader header;
  header.nodes = {{.id = 0, .memory_bytes = 1, .cpus = {0, 2}},
                  {.id = 3, .memory_bytes = 1, .cpus = {1}},
                  {.id = 4, .memory_bytes = 1}};
  return header;
}

PlacementRecord Pages(std::uint64_t time_ns, std::uint64_t address, std::uint64_t pages,
                      std::uint32_t node, float weight = 1) {
  return {.time_ns = time_ns,
          .address = address,
          .size = pages * 4096,
          .weight = weight,
          .node = node,
          .pid = kPid};
}

// Of all blocks that one call asked for.
NodeFigures NodesOfHeap(Profiled& profiled) {
  NodeFigures figures;
  for (const ObjectRow& row : profiled.Rows(ObjectBy::kSite)) {
    if (row.type == ObjectType::kHeap) figures.Merge(row.nodes);
  }
  return figures;
}

FaultRecord Touch(std::int32_t tid, std::uint32_t cpu) {
  return {.pid = 100, .tid = tid, .cpu = cpu};
}

}  // namespace

TEST_CASE("AmountsBy: amounts of a key add up, keys ascend") {
  AmountsBy<std::uint32_t, double> amounts;
  CHECK(amounts.empty());
  amounts.Add(5, 1.5);
  amounts.Add(2, 1);
  amounts.Add(5, 2);
  AmountsBy<std::uint32_t, double> others;
  others.Add(3, 4);
  others.Add(2, 1);
  amounts.Merge(others);
  CHECK(amounts.entries() == Entries<std::uint32_t, double>{{2, 2}, {3, 4}, {5, 3.5}});
  CHECK(amounts.sum() == 9.5);
}

TEST_CASE("NodeStatistics: a touch counts for the thread, the processor and its node") {
  NodeStatistics statistics(TwoNodes());
  statistics.AddTouch(1, Touch(100, 2));
  statistics.AddTouch(1, Touch(101, 1));
  statistics.AddTouch(1, Touch(101, 0));
  const NodeFigures& figures = statistics.Of(1);
  CHECK(figures.touching_cpus.entries() ==
        Entries<std::uint32_t, std::uint64_t>{{0, 1}, {1, 1}, {2, 1}});
  CHECK(figures.touching_nodes.entries() == Entries<std::uint32_t, std::uint64_t>{{0, 2}, {3, 1}});
  CHECK(figures.touching_threads.entries() ==
        Entries<std::int32_t, std::uint64_t>{{100, 1}, {101, 2}});
  CHECK(figures.pages.empty());
}

TEST_CASE("NodeStatistics: groups are kept apart, and of others nothing is known") {
  NodeStatistics statistics(TwoNodes());
  statistics.AddPages(2, 3, 4096);
  statistics.AddPages(2, 0, 8192);
  statistics.AddPages(0, 4, 4096);
  CHECK(statistics.Of(2).pages.entries() == Entries<std::uint32_t, double>{{0, 8192}, {3, 4096}});
  CHECK(statistics.Of(0).pages.entries() == Entries<std::uint32_t, double>{{4, 4096}});
  CHECK(statistics.Of(1).empty());
  CHECK(statistics.Of(1'000'000).empty());
}

TEST_CASE("NodeStatistics: a processor of no known node, and nodes without processors") {
  NodeStatistics statistics(TwoNodes());
  statistics.AddTouch(0, Touch(100, 7));
  CHECK(statistics.Of(0).touching_cpus.sum() == 1);
  CHECK(statistics.Of(0).touching_nodes.empty());
  NodeStatistics nothing_known{TraceHeader{}};
  nothing_known.AddTouch(0, Touch(100, 0));
  CHECK(nothing_known.Of(0).touching_nodes.empty());
}

TEST_CASE("NodeStatistics: numbers no machine has are damage, and take no memory") {
  TraceHeader header;
  header.nodes = {{.id = 0, .cpus = {0xffffffff}}};
  NodeStatistics statistics(header);
  statistics.AddTouch(0, Touch(100, 0xfffffffe));
  statistics.AddPages(0, 0xffffffff, 4096);
  CHECK(statistics.Of(0).empty());
}

TEST_CASE("NodeFigures: of many threads the first are told apart, all are counted") {
  NodeFigures figures;
  for (std::int32_t tid = 1; tid <= 100; ++tid) figures.AddTouch(tid, 2);
  figures.AddTouch(1, 5);
  CHECK(figures.touching_threads.sum() + figures.other_touches == 205);
  CHECK(figures.touching_threads.entries().front() == std::pair<std::int32_t, std::uint64_t>(1, 7));
  CHECK(figures.other_touches > 0);
  NodeFigures both;
  both.AddTouch(1000, 1);
  both.Merge(figures);
  CHECK(both.touching_threads.sum() + both.other_touches == 206);
}

TEST_CASE("Objects: pages belong to what lives at them when they are seen") {
  Profiled profiled;
  profiled.Add(Pages(5, 0x10000, 2, 0));  // before there is anything
  profiled.Add(Malloc(10, 0x10000, 4 * 4096));
  profiled.Add(Pages(20, 0x10000, 2, 0), Pages(20, 0x12000, 2, 3));
  profiled.Add(Pages(30, 0x10000, 1, 0), Pages(30, 0x11000, 4, 3));  // one page beyond it
  profiled.Add(Free(40, 0x10000));
  profiled.Add(Pages(50, 0x10000, 4, 4));
  CHECK(NodesOfHeap(profiled).pages.entries() ==
        Entries<std::uint32_t, double>{{0, 3 * 4096}, {3, 5 * 4096}});
}

TEST_CASE("Objects: a page that was seen stands for those that were not looked at") {
  Profiled profiled;
  profiled.Add(Malloc(10, 0x10000, 4096), Pages(20, 0x10000, 1, 3, 2.5F));
  CHECK(NodesOfHeap(profiled).pages.entries() == Entries<std::uint32_t, double>{{3, 2.5 * 4096}});
}

TEST_CASE("Objects: blocks that share a page share it by their sizes") {
  Profiled profiled;
  profiled.Add(Malloc(10, 0x10000, 3072), Malloc(11, 0x10c00, 1024, kPid, 0x400300));
  constexpr int kLooks = 4000;
  for (std::uint64_t i = 0; i < kLooks; ++i) profiled.Add(Pages(100 + i, 0x10000, 1, 0));
  double large = 0;
  double all = 0;
  for (const ObjectRow& row : profiled.Rows(ObjectBy::kSite)) {
    if (row.type != ObjectType::kHeap) continue;
    all += row.nodes.pages.sum();
    large = std::max(large, row.nodes.pages.sum());
  }
  CHECK(all == kLooks * 4096.0);
  // Of 4000 even draws one in four: six standard deviations are 164.
  CHECK(large / 4096 == Approx(3000).margin(164));
}

TEST_CASE("Objects: the first touch of a block's pages is by thread and processor") {
  Profiled profiled;
  profiled.Add(Malloc(10, 0x10000, 2 * 4096));
  profiled.Add(FaultRecord{.time_ns = 11, .address = 0x10000, .pid = kPid, .tid = 7, .cpu = 3},
               FaultRecord{.time_ns = 12, .address = 0x11fff, .pid = kPid, .tid = 7, .cpu = 3},
               FaultRecord{.time_ns = 13, .address = 0x12800, .pid = kPid, .tid = 8, .cpu = 0});
  const NodeFigures figures = NodesOfHeap(profiled);
  CHECK(figures.touching_threads.entries() == Entries<std::int32_t, std::uint64_t>{{7, 2}});
  CHECK(figures.touching_cpus.entries() == Entries<std::uint32_t, std::uint64_t>{{3, 2}});
}

}  // namespace heimdallr::analysis
