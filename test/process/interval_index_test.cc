#include "process/interval_index.h"

#include <optional>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using heimdallr::process::Interval;
using heimdallr::process::IntervalIndex;

TEST_CASE("IntervalIndex: the interval that begins last is found, of equal ones the later") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Interval> intervals;
    for (std::uint32_t id = 0; id < 20; ++id) {
      const std::uint64_t begin = random() % 50;
      intervals.push_back({begin, begin + random() % 20, id});
    }
    const IntervalIndex index(intervals);
    for (std::uint64_t address = 0; address < 80; ++address) {
      std::optional<Interval> expected;
      for (const Interval& interval : intervals) {
        if (address < interval.begin || address >= interval.end) continue;
        if (!expected || interval.begin >= expected->begin) expected = interval;
      }
      const auto found = index.Find(address);
      REQUIRE(found.has_value() == expected.has_value());
      if (found) CHECK(*found == expected->id);
    }
  }
}

TEST_CASE("IntervalIndex: an inner interval hides the outer one only where it is") {
  const IntervalIndex index({{100, 200, 1}, {120, 150, 2}, {130, 140, 3}});
  CHECK_FALSE(index.Find(99));
  CHECK(index.Find(100) == 1);
  CHECK(index.Find(120) == 2);
  CHECK(index.Find(139) == 3);
  CHECK(index.Find(140) == 2);
  CHECK(index.Find(150) == 1);
  CHECK(index.Find(199) == 1);
  CHECK_FALSE(index.Find(200));
}

TEST_CASE("IntervalIndex: without intervals, or with empty and reversed ones, nothing is found") {
  CHECK_FALSE(IntervalIndex().Find(0));
  const IntervalIndex index({{5, 5, 1}, {9, 3, 2}});
  CHECK_FALSE(index.Find(5));
  CHECK_FALSE(index.Find(4));
}

TEST_CASE("IntervalIndex: the last address can be reached up to") {
  const std::uint64_t last = ~std::uint64_t{0};
  const IntervalIndex index({{0, last, 7}});
  CHECK(index.Find(last - 1) == 7);
}
