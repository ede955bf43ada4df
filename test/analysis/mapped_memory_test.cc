// Memory that the program itself asks of the kernel.
#include <catch2/catch.hpp>

#include "allocation_events.h"
#include "analysis/allocation_statistics.h"

namespace heimdallr::analysis {
namespace {

struct Fixture {
  ModuleMap modules;
  AllocationStatistics statistics{modules, 4096};
};

AllocationRecord Unmap(std::uint64_t address, std::uint64_t size) {
  return GiveUp(50, AllocationCall::kMunmap, address, size);
}

TEST_CASE("AllocationStatistics: mappings are counted apart from the heap, in whole pages") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 5000));
  CHECK(f.statistics.heap().live_bytes == 0);
  CHECK(f.statistics.mapped().live_bytes == 8192);
  CHECK(f.statistics.calls()[static_cast<std::size_t>(AllocationCall::kMmap)].bytes == 5000);
  f.statistics.Add(Unmap(0x10000, 5000));
  CHECK(f.statistics.mapped().live_bytes == 0);
  CHECK(f.statistics.mapped().peak_live_bytes == 8192);
}

TEST_CASE("AllocationStatistics: munmap of a part leaves the rest") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 0x4000));
  f.statistics.Add(Unmap(0x11000, 0x1000));
  CHECK(f.statistics.mapped().live_bytes == 0x3000);
  f.statistics.Add(Unmap(0x10000, 0x4000));
  CHECK(f.statistics.mapped().live_bytes == 0);
}

TEST_CASE("AllocationStatistics: munmap across several mappings and of what nobody mapped") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 0x1000));
  f.statistics.Add(Map(2, 0x12000, 0x1000));
  f.statistics.Add(Unmap(0xf000, 0x3000));
  CHECK(f.statistics.mapped().live_bytes == 0x1000);
  f.statistics.Add(Unmap(0x90000, 0x1000));
  CHECK(f.statistics.mapped().live_bytes == 0x1000);
  CHECK(f.statistics.oddities().unknown_frees == 0);
}

TEST_CASE("AllocationStatistics: a mapping at a fixed address replaces what was there") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 0x4000));
  f.statistics.Add(Map(2, 0x11000, 0x1000));
  CHECK(f.statistics.mapped().live_bytes == 0x4000);
}

TEST_CASE("AllocationStatistics: mremap moves and grows") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 0x2000));
  f.statistics.Add(GiveUp(2, AllocationCall::kMremap, 0x10000, 0x2000));
  f.statistics.Add(Renew(3, AllocationCall::kMremap, 0x50000, 0x6000, 0x10000));
  CHECK(f.statistics.mapped().live_bytes == 0x6000);
}

TEST_CASE("AllocationStatistics: a failed mremap keeps the old mapping") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 0x2000));
  f.statistics.Add(GiveUp(2, AllocationCall::kMremap, 0x10000, 0x2000));
  f.statistics.Add(Renew(3, AllocationCall::kMremap, 0, 0x6000, 0x10000));
  CHECK(f.statistics.mapped().live_bytes == 0x2000);
  CHECK(f.statistics.calls()[static_cast<std::size_t>(AllocationCall::kMremap)].failures == 1);
  f.statistics.Add(Unmap(0x10000, 0x2000));
  CHECK(f.statistics.mapped().live_bytes == 0);
}

TEST_CASE("AllocationStatistics: the break grows and shrinks by bytes") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 100, AllocationCall::kSbrk));
  f.statistics.Add(Map(2, 0x10064, 50, AllocationCall::kSbrk));
  CHECK(f.statistics.mapped().live_bytes == 150);
  f.statistics.Add(GiveUp(3, AllocationCall::kSbrk, 0x10032, 100));
  CHECK(f.statistics.mapped().live_bytes == 50);
}

TEST_CASE("AllocationStatistics: a size that wraps around the address space maps nothing") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, ~std::uint64_t{0} - 10));
  f.statistics.Add(Unmap(0x10000, ~std::uint64_t{0}));
  CHECK(f.statistics.mapped().live_bytes == 0);
}

TEST_CASE("AllocationStatistics: mappings end with their process") {
  Fixture f;
  f.statistics.Add(Map(1, 0x10000, 0x4000));
  f.statistics.Add(Exit(kPid));
  CHECK(f.statistics.mapped().live_bytes == 0);
  CHECK(f.statistics.mapped().left_bytes == 0x4000);
}

}  // namespace
}  // namespace heimdallr::analysis
