#include "analysis/range_map.h"

#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

TEST_CASE("RangeMap: finds what was assigned, not its end") {
  RangeMap<char> map;
  map.Assign(10, 20, 'a');
  CHECK(map.Find(9) == nullptr);
  REQUIRE(map.Find(10) != nullptr);
  CHECK(*map.Find(19) == 'a');
  CHECK(map.Find(20) == nullptr);
}

TEST_CASE("RangeMap: a range inside another cuts it in two") {
  RangeMap<char> map;
  map.Assign(10, 40, 'a');
  map.Assign(20, 30, 'b');
  CHECK(*map.Find(19) == 'a');
  CHECK(*map.Find(20) == 'b');
  CHECK(*map.Find(30) == 'a');
  CHECK(map.size() == 3);
}

TEST_CASE("RangeMap: a range over several replaces all it covers") {
  RangeMap<char> map;
  map.Assign(10, 20, 'a');
  map.Assign(20, 30, 'b');
  map.Assign(40, 50, 'c');
  map.Assign(15, 45, 'd');
  CHECK(*map.Find(14) == 'a');
  CHECK(*map.Find(44) == 'd');
  CHECK(*map.Find(45) == 'c');
  CHECK(map.size() == 3);
}

TEST_CASE("RangeMap: erasing tells each piece that goes") {
  RangeMap<char> map;
  map.Assign(10, 20, 'a');
  map.Assign(30, 40, 'b');
  std::string pieces;
  map.Erase(15, 35, [&](std::uint64_t from, std::uint64_t to, char value) {
    pieces += value + std::to_string(from) + "-" + std::to_string(to) + " ";
  });
  CHECK(pieces == "a15-20 b30-35 ");
  CHECK_FALSE(map.Overlaps(15, 35));
  CHECK(map.Overlaps(14, 15));
  CHECK(map.Overlaps(0, 1000));
  CHECK_FALSE(map.Overlaps(40, 50));
}

}  // namespace
}  // namespace heimdallr::analysis
