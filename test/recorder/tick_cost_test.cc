#include "recorder/tick_cost.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

using heimdallr::recorder::ClockGap;
using heimdallr::recorder::MedianTickCost;

namespace {

// Ticks each 250 us, in gaps that begin 2 us before them and are as long as `lengths` says.
struct Watched {
  std::vector<ClockGap> gaps;
  std::vector<std::uint64_t> ticks;

  explicit Watched(const std::vector<std::uint64_t>& lengths) {
    std::uint64_t tick = 1'000'000'000;
    for (const std::uint64_t length : lengths) {
      gaps.push_back({tick - 2'000, tick - 2'000 + length});
      ticks.push_back(tick);
      tick += 250'000;
    }
  }
};

}  // namespace

TEST_CASE("MedianTickCost: is the length of the gaps in which ticks fell") {
  const Watched watched(std::vector<std::uint64_t>(20, 14'000));
  CHECK(MedianTickCost(watched.gaps, watched.ticks) == 14'000);
}

TEST_CASE("MedianTickCost: other interrupts do not count") {
  const Watched watched(std::vector<std::uint64_t>(20, 14'000));
  std::vector<ClockGap> gaps;
  for (const ClockGap& gap : watched.gaps) {
    gaps.push_back({gap.before_ns - 90'000, gap.before_ns - 10'000});
    gaps.push_back(gap);
    gaps.push_back({gap.after_ns, gap.after_ns + 70'000});
  }
  CHECK(MedianTickCost(gaps, watched.ticks) == 14'000);
}

TEST_CASE("MedianTickCost: losing the processor now and then does not move it") {
  std::vector<std::uint64_t> lengths(30, 14'000);
  for (std::size_t i = 0; i < 10; ++i) lengths[3 * i] = 200'000;
  const Watched watched(lengths);
  CHECK(MedianTickCost(watched.gaps, watched.ticks) == 14'000);
}

TEST_CASE("MedianTickCost: a few ticks tell nothing") {
  const Watched watched(std::vector<std::uint64_t>(15, 14'000));
  CHECK_FALSE(MedianTickCost(watched.gaps, watched.ticks));
  CHECK_FALSE(MedianTickCost({}, {}));
}

TEST_CASE("MedianTickCost: ticks too short to be seen cost no more than the shortest gap") {
  const Watched watched(std::vector<std::uint64_t>(20, 14'000));
  const auto cost = MedianTickCost({}, watched.ticks);
  REQUIRE(cost);
  CHECK(*cost <= 1'000);
  CHECK(*cost > 0);
}
