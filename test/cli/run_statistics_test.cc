#include "cli/run_statistics.h"

#include <catch2/catch.hpp>

#include "cli/progress_bar.h"

namespace heimdallr::cli {
namespace {

store::Repetition Of(const std::string& workload, const std::string& mode, std::uint64_t number,
                     std::uint64_t wall_ns) {
  store::Repetition repetition;
  repetition.name = {
      .run = workload + "." + mode, .workload = workload, .mode = mode, .number = number};
  repetition.header.command_line = {"./" + workload};
  repetition.figures.process = StatisticsRecord{
      .wall_ns = wall_ns, .user_ns = wall_ns / 2, .system_ns = wall_ns / 4, .exit_code = 0};
  return repetition;
}

TEST_CASE("StatisticsOfRuns: compares a run with the dry run of the same workload") {
  const auto runs = StatisticsOfRuns({Of("a", "clock", 1, 1100), Of("a", "clock", 2, 1300),
                                      Of("a", "dry", 1, 1000), Of("b", "dry", 1, 5)});
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].run == "a.clock");
  CHECK(runs[0].wall.mean == Approx(1200));
  CHECK(runs[0].cpu.mean == Approx(900));
  CHECK(runs[0].base == "a.dry");
  REQUIRE(runs[0].wall_overhead.has_value());
  CHECK(runs[0].wall_overhead->ratio == Approx(0.2));
  CHECK_FALSE(runs[0].wall_overhead->half_interval.has_value());
  CHECK_FALSE(runs[1].wall_overhead.has_value());
}

TEST_CASE("StatisticsOfRuns: without one, with a dry run of the same command line") {
  store::Repetition dry = Of("other name", "x", 1, 1000);
  dry.header.dry_run = true;
  dry.header.command_line = {"./a"};
  const auto runs = StatisticsOfRuns({Of("a", "clock", 1, 1500), dry});
  REQUIRE(runs[0].wall_overhead.has_value());
  CHECK(runs[0].wall_overhead->ratio == Approx(0.5));
}

TEST_CASE("StatisticsOfRuns: command lines that are not known are not the same") {
  store::Repetition run = Of("a", "clock", 1, 1500);
  store::Repetition dry = Of("b", "dry", 1, 1000);
  run.header.command_line.clear();
  dry.header.command_line.clear();
  const auto runs = StatisticsOfRuns({run, dry});
  REQUIRE(runs.size() == 2);
  CHECK_FALSE(runs[0].base.has_value());
}

TEST_CASE("StatisticsOfRuns: streams of one name have rates of their own") {
  store::Repetition repetition = Of("a", "clock", 1, 4'000'000'000);  // 2 s of user time
  repetition.header.streams = {
      {.id = 1, .source = SourceKind::kPmu, .name = "loads", .frequency_hz = 100},
      {.id = 2, .source = SourceKind::kPmu, .name = "loads", .frequency_hz = 1000}};
  repetition.figures.streams = {{.ticks_with_access = 200}, {.ticks_with_access = 1800}};
  store::Repetition second = repetition;
  second.name.number = 2;
  const auto runs = StatisticsOfRuns({repetition, second});
  REQUIRE(runs[0].rates.size() == 2);
  CHECK(runs[0].rates[0].reached_hz == Approx(100));
  CHECK(runs[0].rates[1].reached_hz == Approx(900));
}

TEST_CASE("StatisticsOfRuns: says which memory was asked for, and what fell back") {
  store::Repetition policy = Of("a", "node", 1, 5);
  policy.header.memories = {{.id = 0, .name = "node:1", .nodes = {1}}};
  policy.figures.memories.resize(1);
  store::Repetition heap = Of("b", "heap", 1, 5);
  heap.header.memories = {
      {.id = 0, .name = "default"}, {.id = 1, .name = "pmem:/p"}, {.id = 2, .name = "fallback"}};
  heap.figures.memories = {{.blocks = 7}, {.blocks = 100}, {.blocks = 10}};
  store::Repetition second = heap;
  second.name.number = 2;
  second.figures.memories[2].blocks = 30;
  store::Repetition both = Of("c", "both", 1, 5);
  both.header.memories = {{.id = 0, .name = "node:0"}, {.id = 1, .name = "kind:regular"}};
  both.figures.memories = {{.blocks = 1}, {.blocks = 2}};
  const auto runs = StatisticsOfRuns({policy, heap, second, both, Of("d", "plain", 1, 5)});
  REQUIRE(runs.size() == 4);
  CHECK(runs[0].memory == "node:1");
  CHECK_FALSE(runs[0].fell_back);
  CHECK(runs[1].memory == "pmem:/p");
  REQUIRE(runs[1].fell_back);
  CHECK(runs[1].fell_back->mean == Approx(20));
  CHECK(runs[2].memory == "kind:regular beside node:0");
  CHECK_FALSE(runs[2].fell_back);
  CHECK(runs[3].memory.empty());
}

TEST_CASE("StatisticsOfRuns: failed repetitions are counted and left out of the means") {
  store::Repetition failed = Of("a", "clock", 2, 9999);
  failed.figures.process->exit_code = 3;
  store::Repetition killed = Of("a", "clock", 3, 9999);
  killed.figures.process->exit_code = -1;
  killed.figures.process->exit_signal = 9;
  store::Repetition lost = Of("a", "clock", 4, 9999);
  lost.figures.process.reset();
  const auto runs = StatisticsOfRuns({Of("a", "clock", 1, 1000), failed, killed, lost});
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].repetitions == 4);
  CHECK(runs[0].failed == 2);
  CHECK(runs[0].unknown == 1);
  CHECK(runs[0].wall.count == 1);
  CHECK(runs[0].wall.maximum == 1000);
}

TEST_CASE("StatisticsOfRuns: the rate reached is samples by user CPU time, without page faults") {
  store::Repetition repetition = Of("a", "clock", 1, 4'000'000'000);  // 2 s of user time
  repetition.header.streams = {
      {.id = 1, .source = SourceKind::kClock, .name = "clock", .period = 1'000'000},
      {.id = 2, .source = SourceKind::kFaults, .name = "faults", .period = 1}};
  repetition.figures.streams = {
      {.loads = 5000, .ticks_with_access = 1500, .ticks_without_access = 300}, {.faults = 77}};
  repetition.figures.records[0] = 5000;
  repetition.figures.losses = {{.kind = LossKind::kRingOverflow, .count = 7},
                               {.kind = LossKind::kAllocationOverflow, .count = 2},
                               {.kind = LossKind::kMultiplexed, .count = 1'000'000},
                               {.kind = LossKind::kNoMemoryOperand, .count = 300}};
  const auto runs = StatisticsOfRuns({repetition});
  REQUIRE(runs[0].rates.size() == 1);
  CHECK(runs[0].rates[0].asked_hz == Approx(1000));
  REQUIRE(runs[0].rates[0].reached_hz.has_value());
  CHECK(*runs[0].rates[0].reached_hz == Approx(900));
  CHECK(runs[0].samples.mean == 1800);
  CHECK(runs[0].accesses.mean == 5000);
  CHECK(runs[0].lost.mean == 9);
}

TEST_CASE("ProgressLine: says how far, how fast and how long, and fits the terminal") {
  const std::string line = ProgressLine("bt.A.clock", 1 << 20, 4 << 20, 2'000'000, 2.0, 200);
  CHECK(line ==
        "bt.A.clock  [#####...............]  25 %  1.0 MiB of 4.0 MiB  1.00 M records/s  "
        "00:06 left");
  CHECK(ProgressLine("bt.A.clock", 1, 4, 5, 2.0, 20).size() < 20);
  CHECK(ProgressLine("x\x1b[2J", 0, 0, 0, 0, 80) == "x\\x1b[2J");
}

}  // namespace
}  // namespace heimdallr::cli
