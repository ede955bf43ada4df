#include "cli/record_text.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

#include "sample_records.h"

namespace heimdallr::cli {
namespace {

std::string Text(const Record& record) { return Appended(AppendText, record); }

TEST_CASE("AppendText: an access in one line") {
  CHECK(Text(AccessRecord{.time_ns = 1'234'567'890,
                          .ip = 0x401136,
                          .address = 0x1000,
                          .tick = 12,
                          .weight = 0.25F,
                          .pid = 4711,
                          .tid = 4712,
                          .cpu = 3,
                          .size = 8,
                          .stream = 1,
                          .kind = AccessKind::kStore,
                          .direct = false}) ==
        "    1.234567890    4711/4712    store       8 B at 0x1000 by 0x401136, CPU 3, clock tick "
        "12, "
        "replayed, weight 0.25\n");
}

TEST_CASE("AppendText: a change of the period says what sampling cost") {
  CHECK_THAT(
      Text(PeriodRecord{.period = 1009, .sample_cost_ns = 30'000, .overhead = 0.25F, .stream = 1}),
      Catch::Contains("1009 from now on, clock, a sample costs 30 us, sampling took 25.0 %"));
}

TEST_CASE("AppendText: allocations say what became of them") {
  AllocationRecord r{.size = 10, .caller = 0x40, .call = AllocationCall::kMalloc};
  CHECK_THAT(Text(r), Catch::Contains("malloc") && Catch::Contains("10 B failed"));
  r.address = 0x99;
  CHECK_THAT(Text(r), Catch::Contains("10 B at 0x99, called from 0x40"));
  r = {.address = 0x99, .call = AllocationCall::kRealloc, .event = AllocationEvent::kDeallocate};
  CHECK_THAT(Text(r), Catch::Contains("gives up the block at 0x99"));
  r = {.address = 0xaa,
       .size = 20,
       .old_address = 0x99,
       .stack = 5,
       .call = AllocationCall::kRealloc};
  CHECK_THAT(Text(r), Catch::Contains("20 B at 0xaa, before at 0x99, stack 0x401222 0x401333"));
}

TEST_CASE("AppendText: an allocation says which memory served it") {
  AllocationRecord r{.address = 0x99, .size = 10, .call = AllocationCall::kMalloc, .memory = 1};
  CHECK_THAT(Text(r), Catch::Contains("10 B at 0x99 from kind:hbw"));
  r.memory = 7;  // the header does not name it
  CHECK_THAT(Text(r), Catch::Contains("10 B at 0x99 from memory 7"));
  r.memory = 0;
  CHECK_THAT(Text(r), Catch::Contains("10 B at 0x99") && !Catch::Contains("from"));
  r = {.size = 10, .call = AllocationCall::kMalloc, .memory = 1};
  CHECK_THAT(Text(r), Catch::Contains("failed") && !Catch::Contains("from"));
}

TEST_CASE("AppendText: where pages lie") {
  PlacementRecord r{.time_ns = 1, .address = 0x10000, .size = 8192, .node = 2, .pid = 9};
  CHECK_THAT(Text(r), Catch::Contains("0x10000-0x12000 lies on node 2\n"));
  r.weight = 2.5F;
  CHECK_THAT(Text(r), Catch::Contains("stands for 2.5 times as much"));
}

TEST_CASE("AppendText: control characters of a path do not reach the terminal") {
  const std::string text = Text(MappingRecord{.path = "/tmp/\x1b[2J\n", .protection = PROT_READ});
  CHECK_THAT(text, Catch::Contains("/tmp/\\x1b[2J\\x0a"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("AppendText: a loss says what it means") {
  CHECK_THAT(Text(LossRecord{.count = 3, .stream = 1, .kind = LossKind::kCodeUnreadable}),
             Catch::Contains("3 code_unreadable, clock: in code that could not be read"));
}

}  // namespace
}  // namespace heimdallr::cli
