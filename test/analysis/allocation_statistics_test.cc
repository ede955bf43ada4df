#include "analysis/allocation_statistics.h"

#include <catch2/catch.hpp>

#include "allocation_events.h"

namespace heimdallr::analysis {
namespace {

struct Fixture {
  ModuleMap modules;
  AllocationStatistics statistics{modules, 4096};

  CallTotals Of(AllocationCall call) const {
    return statistics.calls()[static_cast<std::size_t>(call)];
  }
};

TEST_CASE("AllocationStatistics: counts calls, bytes, what is live and the peak") {
  Fixture f;
  f.statistics.Add(Malloc(10, 0x1000, 100));
  f.statistics.Add(Malloc(20, 0x2000, 200));
  f.statistics.Add(Free(30, 0x1000));
  f.statistics.Add(Malloc(40, 0x3000, 50));

  CHECK(f.Of(AllocationCall::kMalloc).allocations == 3);
  CHECK(f.Of(AllocationCall::kMalloc).bytes == 100 + 200 + 50);
  CHECK(f.Of(AllocationCall::kFree).deallocations == 1);
  CHECK(f.statistics.heap().live_blocks == 2);
  CHECK(f.statistics.heap().live_bytes == 200 + 50);
  CHECK(f.statistics.heap().peak_live_bytes == 100 + 200);
  CHECK(f.statistics.heap().peak_time_ns == 20);
  CHECK(f.statistics.oddities().unknown_frees == 0);
}

TEST_CASE("AllocationStatistics: an address used again is another block") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Free(2, 0x1000));
  f.statistics.Add(Malloc(3, 0x1000, 7));
  CHECK(f.statistics.heap().live_blocks == 1);
  CHECK(f.statistics.heap().live_bytes == 7);
  CHECK(f.statistics.oddities().missed_frees == 0);
}

TEST_CASE("AllocationStatistics: blocks of no bytes are blocks") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 0));
  CHECK(f.statistics.heap().live_blocks == 1);
  f.statistics.Add(Free(2, 0x1000));
  CHECK(f.statistics.heap().live_blocks == 0);
}

TEST_CASE("AllocationStatistics: a free of an address that is no block is counted") {
  Fixture f;
  f.statistics.Add(Free(1, 0x9000));
  CHECK(f.statistics.oddities().unknown_frees == 1);
  CHECK(f.statistics.heap().live_blocks == 0);
}

TEST_CASE("AllocationStatistics: realloc gives up the old block and makes a new one") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(GiveUp(2, AllocationCall::kRealloc, 0x1000));
  f.statistics.Add(Renew(3, AllocationCall::kRealloc, 0x2000, 300, 0x1000));
  CHECK(f.statistics.heap().live_blocks == 1);
  CHECK(f.statistics.heap().live_bytes == 300);
  CHECK(f.Of(AllocationCall::kRealloc).allocations == 1);
  CHECK(f.Of(AllocationCall::kRealloc).deallocations == 1);
  CHECK(f.Of(AllocationCall::kRealloc).failures == 0);
}

TEST_CASE("AllocationStatistics: a failed realloc keeps the old block") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(GiveUp(2, AllocationCall::kRealloc, 0x1000));
  f.statistics.Add(Renew(3, AllocationCall::kRealloc, 0, 1ULL << 60, 0x1000));
  CHECK(f.Of(AllocationCall::kRealloc).failures == 1);
  CHECK(f.Of(AllocationCall::kRealloc).deallocations == 0);
  CHECK(f.statistics.heap().live_blocks == 1);
  CHECK(f.statistics.heap().live_bytes == 100);
  f.statistics.Add(Free(4, 0x1000));
  CHECK(f.statistics.heap().live_blocks == 0);
  CHECK(f.statistics.oddities().unknown_frees == 0);
}

TEST_CASE("AllocationStatistics: a failed realloc of an unknown block leaves nothing behind") {
  Fixture f;
  f.statistics.Add(GiveUp(2, AllocationCall::kRealloc, 0x1000));
  f.statistics.Add(Renew(3, AllocationCall::kRealloc, 0, 1ULL << 60, 0x1000));
  CHECK(f.statistics.oddities().unknown_frees == 0);
  CHECK(f.statistics.heap().live_blocks == 0);
}

TEST_CASE("AllocationStatistics: realloc to no bytes frees and is no failure") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(GiveUp(2, AllocationCall::kRealloc, 0x1000));
  f.statistics.Add(Renew(3, AllocationCall::kRealloc, 0, 0, 0x1000));
  CHECK(f.Of(AllocationCall::kRealloc).failures == 0);
  CHECK(f.Of(AllocationCall::kRealloc).allocations == 0);
  CHECK(f.statistics.heap().live_blocks == 0);
}

TEST_CASE("AllocationStatistics: another thread may get the old address before realloc returns") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(GiveUp(2, AllocationCall::kRealloc, 0x1000));
  AllocationRecord other = Malloc(3, 0x1000, 8);
  other.tid = kPid + 1;
  f.statistics.Add(other);
  f.statistics.Add(Renew(4, AllocationCall::kRealloc, 0x2000, 300, 0x1000));
  CHECK(f.statistics.heap().live_bytes == 8 + 300);
  CHECK(f.statistics.oddities().missed_frees == 0);
}

TEST_CASE("AllocationStatistics: a failed malloc is counted and makes no block") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0, 1ULL << 50));
  CHECK(f.Of(AllocationCall::kMalloc).failures == 1);
  CHECK(f.Of(AllocationCall::kMalloc).allocations == 0);
  CHECK(f.statistics.heap().live_blocks == 0);
}

TEST_CASE("AllocationStatistics: an address handed out twice replaces the block and is counted") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Malloc(5000, 0x1000, 30));
  CHECK(f.statistics.oddities().missed_frees == 1);
  CHECK(f.statistics.heap().live_blocks == 1);
  CHECK(f.statistics.heap().live_bytes == 30);
}

TEST_CASE(
    "AllocationStatistics: a free stamped just after the next owner's malloc is its block's") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Malloc(5000, 0x1000, 30));
  f.statistics.Add(Free(5400, 0x1000));
  CHECK(f.statistics.oddities().missed_frees == 0);
  CHECK(f.statistics.heap().live_bytes == 30);
  f.statistics.Add(Free(9000, 0x1000));
  CHECK(f.statistics.heap().live_blocks == 0);
  CHECK(f.statistics.oddities().unknown_frees == 0);
}

TEST_CASE("AllocationStatistics: sites are told apart by caller and call") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100, kPid, 0x401000));
  f.statistics.Add(Malloc(2, 0x2000, 200, kPid, 0x401000));
  f.statistics.Add(Malloc(3, 0x3000, 7, kPid, 0x402000));
  f.statistics.Add(Free(4, 0x1000));
  REQUIRE(f.statistics.sites().size() == 2);
  const AllocationSite& first = f.statistics.sites()[0];
  CHECK(first.caller == 0x401000);
  CHECK(first.allocations == 2);
  CHECK(first.bytes == 300);
  CHECK(first.live_blocks == 1);
  CHECK(first.live_bytes == 200);
  CHECK(first.peak_live_bytes == 300);
  CHECK(f.statistics.sites()[1].bytes == 7);
}

TEST_CASE("AllocationStatistics: a site in a file is one, wherever the file is mapped") {
  Fixture f;
  const auto code = [](std::int32_t pid, std::uint64_t address) {
    return MappingRecord{.address = address,
                         .size = 0x1000,
                         .offset = 0x2000,
                         .path = "/bin/a",
                         .protection = 5,
                         .pid = pid};
  };
  f.modules.Add(code(1, 0x500000));
  f.modules.Add(code(2, 0x700000));
  f.statistics.Add(Malloc(1, 0x1000, 10, 1, 0x500123));
  f.statistics.Add(Malloc(2, 0x1000, 20, 2, 0x700123));
  REQUIRE(f.statistics.sites().size() == 1);
  CHECK(f.statistics.sites()[0].bytes == 30);
  CHECK(f.statistics.sites()[0].location.offset == 0x2123);
}

}  // namespace
}  // namespace heimdallr::analysis
