#include <string>

#include <catch2/catch.hpp>

#include "cli/summary_json.h"
#include "cli/summary_text.h"
#include "cli/trace_summary.h"
#include "temporary_file.h"
#include "trace/trace_writer.h"

namespace heimdallr::cli {
namespace {

// Writes a trace by `fill` and sums it up.
template <typename Fill>
TraceSummary Summary(const TemporaryFile& file, const TraceHeader& header, Fill fill) {
  auto writer = trace::TraceWriter::Create(file.path(), header, trace::Compression::kNone,
                                           trace::Overwrite::kReplace);
  REQUIRE(writer.ok());
  fill(*writer);
  REQUIRE(writer->Finish({.user_ns = 10, .wall_ns = 1000}).ok());
  auto summary = SummariseTrace(file.path());
  REQUIRE(summary.ok());
  return *std::move(summary);
}

template <typename Append>
std::string Text(Append append, const TraceSummary& summary) {
  fmt::memory_buffer out;
  append(summary, out);
  return fmt::to_string(out);
}

TraceHeader Header() {
  TraceHeader header;
  header.pid = 10;
  header.command_line = {"./a", "b c"};
  header.allocations = true;
  header.page_size_bytes = 4096;
  return header;
}

TEST_CASE("Summary: a trace without losses says so") {
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, Header(), [](trace::TraceWriter&) {});
  const std::string text = Text(AppendSummaryText, summary);
  CHECK_THAT(text, Catch::Contains("LOST        nothing\n"));
  CHECK_THAT(text, Catch::Contains("Command     ./a 'b c'\n"));
  CHECK_THAT(text, Catch::Contains("whole\n"));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("Summary: which memory was asked for, and what each served") {
  TraceHeader header = Header();
  header.memories = {{.id = 0, .name = "node:0", .nodes = {0}}};
  const TemporaryFile policy;
  CHECK_THAT(Text(AppendSummaryText, Summary(policy, header, [](trace::TraceWriter&) {})),
             Catch::Contains("Memory      all from node:0\n"));

  header.memories.push_back({.id = 1, .name = "pmem:/p\n"});
  header.memories.push_back({.id = 2, .name = "fallback"});
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, header, [](trace::TraceWriter& writer) {
    for (std::uint64_t i = 0; i < 5; ++i) {
      writer.Add(AllocationRecord{.time_ns = i,
                                  .address = 0x1000 * (i + 1),
                                  .size = 100,
                                  .pid = 10,
                                  .tid = 10,
                                  .call = AllocationCall::kMalloc,
                                  .memory = static_cast<std::uint8_t>(i < 3 ? 1 : 2)});
    }
  });
  CHECK_THAT(Text(AppendSummaryText, summary),
             Catch::Contains("Memory      heap: pmem:/p\\x0a served 3 blocks (300 B); fallback "
                             "served 2 blocks (200 B); node:0 served 0 blocks (0 B)\n"));
  CHECK_THAT(Text(AppendSummaryJson, summary),
             Catch::Contains(R"("memories":[{"memory":0,"name":"node:0","nodes":[0],)"
                             R"("allocations":0,"bytes":0},{"memory":1,"name":"pmem:/p\u000a",)"
                             R"("nodes":[],"allocations":3,"bytes":300},)"));
}

TEST_CASE("Summary: nothing is said of memory when nothing was asked for") {
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, Header(), [](trace::TraceWriter&) {});
  CHECK_THAT(Text(AppendSummaryText, summary), !Catch::Contains("\nMemory"));
}

TEST_CASE("Summary: losses are named, ticks without access stand with their stream") {
  TraceHeader header = Header();
  header.streams = {{.id = 1, .source = SourceKind::kClock, .name = "clock", .period = 1'000'000}};
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, header, [](trace::TraceWriter& writer) {
    for (std::uint64_t tick = 1; tick <= 6; ++tick) {
      writer.Add(AccessRecord{.time_ns = tick,
                              .tick = tick,
                              .pid = 10,
                              .tid = 10,
                              .stream = 1,
                              .kind = AccessKind::kLoad});
    }
    writer.Add(
        LossRecord{.time_ns = 9, .count = 2, .stream = 1, .kind = LossKind::kNoMemoryOperand});
    writer.Add(LossRecord{.time_ns = 9, .count = 1234, .kind = LossKind::kRingOverflow});
  });
  const std::string text = Text(AppendSummaryText, summary);
  CHECK_THAT(text, Catch::Contains("clock: 8 ticks; 6 (75.0 %) gave accesses, the others fell\n"
                                   "    2  in code that reads and writes no memory\n"));
  CHECK_THAT(text, Catch::Contains("LOST\n  1,234  kernel records lost"));
}

TEST_CASE("Summary: processes besides the first are sorted by cost and at most ten") {
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, Header(), [](trace::TraceWriter& writer) {
    for (std::int32_t pid = 10; pid < 30; ++pid) {
      writer.Add(ProcessRecord{.pid = pid, .parent_pid = 10, .event = ProcessEvent::kStart});
      writer.Add(StatisticsRecord{
          .user_ns = static_cast<std::uint64_t>(pid) * 1'000'000, .pid = pid, .exit_code = 0});
    }
  });
  const auto others = OtherProcesses(summary, 10);
  REQUIRE(others.size() == 10);
  CHECK(others.front()->pid == 29);
  CHECK(others.back()->pid == 20);
  CHECK_THAT(Text(AppendSummaryText, summary), Catch::Contains("  and 9 more\n"));
}

TEST_CASE("Summary: allocation sites are sorted by bytes, heap and mappings apart") {
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, Header(), [](trace::TraceWriter& writer) {
    for (std::uint64_t i = 1; i <= 12; ++i) {
      writer.Add(AllocationRecord{.time_ns = i,
                                  .address = 0x1000 * i,
                                  .size = 100 * i,
                                  .caller = 0x400000 + i,
                                  .pid = 10,
                                  .tid = 10,
                                  .call = AllocationCall::kMalloc});
    }
    writer.Add(AllocationRecord{.time_ns = 20,
                                .address = 0x100000,
                                .size = 1 << 20,
                                .caller = 0x500000,
                                .pid = 10,
                                .tid = 10,
                                .call = AllocationCall::kMmap});
  });
  const auto heap = TopSites(summary, SiteMemory::kHeap, 10);
  REQUIRE(heap.size() == 10);
  CHECK(heap.front()->caller == 0x40000c);
  CHECK(heap.back()->caller == 0x400003);
  CHECK(SiteCount(summary, SiteMemory::kHeap) == 12);
  REQUIRE(TopSites(summary, SiteMemory::kMapped, 10).size() == 1);
  // 100 + 200 + ... + 1200 = 7800
  CHECK_THAT(Text(AppendSummaryText, summary),
             Catch::Contains("Most live at one time: 7.6 KiB (7,800 bytes), at 12 ns"));
  CHECK_THAT(Text(AppendSummaryJson, summary), Catch::Contains(R"("peak_live_bytes":7800)"));
}

TEST_CASE("Summary: allocation sites and mappings are named as objects are") {
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, Header(), [](trace::TraceWriter& writer) {
    writer.Add(MappingRecord{.address = 0x400000,
                             .size = 0x10000,
                             .path = "/bin/a",
                             .protection = 5,
                             .pid = 10,
                             .tid = 10});
    const auto add = [&](std::uint64_t caller, AllocationCall call) {
      writer.Add(AllocationRecord{.time_ns = 1,
                                  .address = caller << 8,
                                  .size = 100,
                                  .caller = caller,
                                  .pid = 10,
                                  .tid = 10,
                                  .call = call});
    };
    add(0x400205, AllocationCall::kMalloc);
    add(0x400305, AllocationCall::kMalloc);
    add(0x900000, AllocationCall::kMalloc);  // in no file
    add(0x400405, AllocationCall::kMmap);
    ModuleSymbols module{.path = "/bin/a"};
    // What the standard library inlines is not what asked.
    module.code = {
        {.offset = 0x204,
         .frames = {{"std::allocator<int>::allocate", "new.h", 5}, {"fill\x1b[2J", "fill.cc", 12}}},
        {.offset = 0x404, .frames = {{"arena", "arena.cc", 40}}}};
    writer.AddSymbols(module);
  });
  const std::string text = Text(AppendSummaryText, summary);
  for (const char* name : {"malloc  fill\\x1b[2J (fill.cc:12)\n", "malloc  a+0x305\n",
                           "malloc  0x900000\n", "mmap  arena (arena.cc:40)\n"}) {
    CHECK_THAT(text, Catch::Contains(name));
  }
}

TEST_CASE("Summary: what was not recorded is said to be so") {
  TraceHeader header = Header();
  header.allocations = false;
  header.dry_run = true;
  const TemporaryFile file;
  const TraceSummary summary = Summary(file, header, [](trace::TraceWriter&) {});
  const std::string text = Text(AppendSummaryText, summary);
  CHECK_THAT(text, Catch::Contains("ACCESSES    not sampled\n"));
  CHECK_THAT(text, Catch::Contains("ALLOCATIONS not recorded\n"));
  CHECK_THAT(text, Catch::Contains("dry run"));
}

}  // namespace
}  // namespace heimdallr::cli
