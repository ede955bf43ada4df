// Allocations of several processes: fork, exec, exit.
#include <catch2/catch.hpp>

#include "allocation_events.h"
#include "analysis/allocation_statistics.h"

namespace heimdallr::analysis {
namespace {

constexpr std::int32_t kChild = 200;

struct Fixture {
  ModuleMap modules;
  AllocationStatistics statistics{modules, 4096};
};

TEST_CASE("AllocationStatistics: processes have address spaces of their own") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100, 1));
  f.statistics.Add(Malloc(2, 0x1000, 50, 2));
  CHECK(f.statistics.heap().live_bytes == 150);
  f.statistics.Add(Free(3, 0x1000, 2));
  CHECK(f.statistics.heap().live_bytes == 100);
}

TEST_CASE("AllocationStatistics: a child frees inherited blocks without changing the parent's") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Malloc(2, 0x2000, 10));
  f.statistics.Add(Start(kChild, kPid));
  CHECK(f.statistics.heap().live_bytes == 110);  // counted once, not again in the child

  f.statistics.Add(Free(3, 0x1000, kChild));
  CHECK(f.statistics.oddities().inherited_frees == 1);
  CHECK(f.statistics.oddities().unknown_frees == 0);
  CHECK(f.statistics.heap().live_bytes == 110);
  f.statistics.Add(Free(4, 0x1000, kChild));  // a second time: no longer there
  CHECK(f.statistics.oddities().unknown_frees == 1);

  f.statistics.Add(Free(5, 0x1000));  // the parent's is
  CHECK(f.statistics.heap().live_bytes == 10);
  CHECK(f.statistics.oddities().unknown_frees == 1);
}

TEST_CASE("AllocationStatistics: after a fork each side reuses an address for itself") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Start(kChild, kPid));
  f.statistics.Add(Free(2, 0x1000));
  f.statistics.Add(Malloc(3, 0x1000, 5));
  f.statistics.Add(Free(4, 0x1000, kChild));
  f.statistics.Add(Malloc(5, 0x1000, 7, kChild));
  CHECK(f.statistics.heap().live_bytes == 5 + 7);
  f.statistics.Add(Free(6, 0x1000, kChild));
  f.statistics.Add(Free(7, 0x1000));
  CHECK(f.statistics.heap().live_blocks == 0);
  CHECK(f.statistics.oddities().unknown_frees == 0);
}

TEST_CASE("AllocationStatistics: a block allocated after the fork is unknown to the other side") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Start(kChild, kPid));
  f.statistics.Add(Malloc(2, 0x2000, 5));
  f.statistics.Add(Free(3, 0x2000, kChild));
  CHECK(f.statistics.oddities().unknown_frees == 1);
  CHECK(f.statistics.heap().live_bytes == 105);
}

TEST_CASE("AllocationStatistics: exit ends what is live and remembers that it was left") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Malloc(2, 0x2000, 11));
  f.statistics.Add(Exit(kPid));
  CHECK(f.statistics.heap().live_bytes == 0);
  CHECK(f.statistics.heap().left_blocks == 2);
  CHECK(f.statistics.heap().left_bytes == 111);
  CHECK(f.statistics.heap().never_freed_bytes() == 111);
  CHECK(f.statistics.sites()[0].never_freed_blocks() == 2);
  f.statistics.Add(Malloc(3, 0x3000, 50));  // the next holder of the process id
  CHECK(f.statistics.heap().live_bytes == 50);
  CHECK(f.statistics.heap().peak_live_bytes == 111);
}

TEST_CASE("AllocationStatistics: exec begins with nothing live") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Exec(kPid));
  f.statistics.Add(Free(2, 0x1000));
  CHECK(f.statistics.oddities().unknown_frees == 1);
  CHECK(f.statistics.heap().left_bytes == 100);
}

TEST_CASE("AllocationStatistics: the exit of a child leaves the parent's blocks alone") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 100));
  f.statistics.Add(Start(kChild, kPid));
  f.statistics.Add(Malloc(2, 0x2000, 5, kChild));
  f.statistics.Add(Exit(kChild));
  CHECK(f.statistics.heap().live_bytes == 100);
  CHECK(f.statistics.heap().left_bytes == 5);
}

TEST_CASE("AllocationStatistics: grandchildren inherit from both generations") {
  Fixture f;
  f.statistics.Add(Malloc(1, 0x1000, 1));
  f.statistics.Add(Start(kChild, kPid));
  f.statistics.Add(Malloc(2, 0x2000, 2, kChild));
  f.statistics.Add(Free(3, 0x1000, kChild));
  f.statistics.Add(Start(kChild + 1, kChild));
  f.statistics.Add(Free(4, 0x2000, kChild + 1));
  CHECK(f.statistics.oddities().inherited_frees == 2);
  f.statistics.Add(Free(5, 0x1000, kChild + 1));  // its parent had already freed it
  CHECK(f.statistics.oddities().unknown_frees == 1);
}

// Copying 100,000 blocks for each of 10,000 children would take minutes and gigabytes.
TEST_CASE("AllocationStatistics: many forks of a large process are cheap and stay exact") {
  constexpr std::uint64_t kBlocks = 100'000;
  constexpr std::int32_t kForks = 10'000;
  Fixture f;
  for (std::uint64_t i = 0; i < kBlocks; ++i) f.statistics.Add(Malloc(i, 0x10000 + 16 * i, 16));
  for (std::int32_t i = 0; i < kForks; ++i) {
    const std::uint64_t block = 0x10000 + 16 * static_cast<std::uint64_t>(i);
    f.statistics.Add(Start(kChild + i, kPid));  // all stay alive
    f.statistics.Add(Free(1, block, kChild + i));
    f.statistics.Add(Free(2, block));
    f.statistics.Add(Malloc(3, 0x1000, 24));
    f.statistics.Add(Free(4, 0x1000));
  }
  CHECK(f.statistics.oddities().inherited_frees == kForks);
  CHECK(f.statistics.oddities().unknown_frees == 0);
  CHECK(f.statistics.heap().live_blocks == kBlocks - kForks);
  CHECK(f.statistics.heap().live_bytes == 16 * (kBlocks - kForks));
}

}  // namespace
}  // namespace heimdallr::analysis
