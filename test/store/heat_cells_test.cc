#include "store/heat_cells.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>

namespace heimdallr::store {
namespace {

AccessRecord At(std::uint64_t time_ns, std::uint64_t address, AccessKind kind = AccessKind::kLoad) {
  return {.time_ns = time_ns, .address = address, .pid = 1, .kind = kind};
}

TEST_CASE("HeatCells: counts loads and stores of a page and a while") {
  HeatCells heat(4096);
  heat.Add(At(0, 0x1000));
  heat.Add(At(10, 0x1fff, AccessKind::kLoadStore));
  heat.Add(At(10, 0x2000, AccessKind::kStore));
  heat.Add(At(heat.time_ns(), 0x1000, AccessKind::kUnknown));
  REQUIRE(heat.page_bytes() == 4096);
  REQUIRE(heat.cells().size() == 3);
  const HeatCells::Cell& cell = heat.cells().at({1, 1, 0});
  CHECK(cell.loads == 2);
  CHECK(cell.stores == 1);
  CHECK(heat.cells().at({1, 2, 0}).stores == 1);
  CHECK(heat.cells().at({1, 1, 1}).unknown == 1);
}

TEST_CASE("HeatCells: a page size that is no power of two is rounded up") {
  CHECK(HeatCells(4097).page_bytes() == 8192);
  CHECK(HeatCells(0).page_bytes() >= 1);
}

TEST_CASE("HeatCells: stays within its bound and loses no access, whatever comes") {
  HeatCells heat(4096);
  std::mt19937_64 random(1);
  std::vector<AccessRecord> records;
  for (int i = 0; i < 400'000; ++i) {
    records.push_back(At(random() % 100'000'000'000, random()));
    heat.Add(records.back());
    REQUIRE(heat.cells().size() <= HeatCells::kMost);
  }
  std::map<HeatCells::Key, std::uint64_t> expected;
  for (const AccessRecord& record : records) {
    ++expected[{1, record.address / heat.page_bytes(), record.time_ns / heat.time_ns()}];
  }
  CHECK(expected.size() == heat.cells().size());
  for (const auto& [key, count] : expected) {
    REQUIRE(heat.cells().contains(key));
    REQUIRE(heat.cells().at(key).loads == count);
  }
}

TEST_CASE("HeatCells: any number of processes stays within the bound") {
  HeatCells heat(4096);
  for (std::int32_t pid = 0; pid < 200'000; ++pid) {
    AccessRecord record = At(0, 0x1000);
    record.pid = pid;
    heat.Add(record);
  }
  CHECK(heat.cells().size() <= HeatCells::kMost);
  std::uint64_t loads = 0;
  for (const auto& [key, cell] : heat.cells()) loads += cell.loads;
  CHECK(loads == 200'000);
}

TEST_CASE("HeatCells: does not make cells higher than it must where time can be longer") {
  HeatCells heat(4096);
  for (std::uint64_t i = 0; i < 200'000; ++i) heat.Add(At(i << 20, 0x1000));
  CHECK(heat.page_bytes() == 4096);
  CHECK(heat.time_ns() >= (std::uint64_t{1} << 22));
}

}  // namespace
}  // namespace heimdallr::store
