#include "sweep/order.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

using namespace heimdallr::sweep;

namespace {

Plan TwoByTwo(std::uint32_t repetitions) {
  Plan plan{.repetitions = repetitions, .modes = DefaultModes(), .workloads = {}};
  for (const char* name : {"a", "b"}) plan.workloads.push_back({.name = name, .command = {name}});
  return plan;
}

std::vector<std::pair<std::size_t, std::uint32_t>> WorkloadsAndRepetitions(
    const std::vector<PlannedRun>& runs) {
  std::vector<std::pair<std::size_t, std::uint32_t>> found;
  for (const PlannedRun& run : runs) found.emplace_back(run.workload, run.repetition);
  return found;
}

}  // namespace

TEST_CASE("SplitMix64: gives the published numbers") {
  // https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
  SplitMix64 random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U}) {
    CHECK(random.Next() == expected);
  }
}

TEST_CASE("SplitMix64: numbers below a bound are each as likely") {
  SplitMix64 random(1);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.Below(7));
  // 10,000 each; six standard deviations of a binomial distribution are 555.
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 555);
}

TEST_CASE("OrderOf: is the documented one") {
  // By an implementation in Python of what order.h says.
  CHECK(WorkloadsAndRepetitions(OrderOf(TwoByTwo(3), 42)) ==
        std::vector<std::pair<std::size_t, std::uint32_t>>{{0, 3},
                                                           {1, 1},
                                                           {1, 2},
                                                           {0, 1},
                                                           {0, 2},
                                                           {1, 3},
                                                           {0, 3},
                                                           {1, 2},
                                                           {0, 2},
                                                           {1, 1},
                                                           {0, 1},
                                                           {1, 3}});
  CHECK(WorkloadsAndRepetitions(OrderOf(TwoByTwo(3), 7)) ==
        std::vector<std::pair<std::size_t, std::uint32_t>>{{0, 2},
                                                           {1, 2},
                                                           {1, 1},
                                                           {0, 1},
                                                           {0, 3},
                                                           {1, 3},
                                                           {1, 2},
                                                           {0, 2},
                                                           {1, 3},
                                                           {1, 1},
                                                           {0, 3},
                                                           {0, 1}});
}

TEST_CASE("OrderOf: modes come one after the other, and every run once") {
  const std::vector<PlannedRun> order = OrderOf(TwoByTwo(50), 3);
  REQUIRE(order.size() == 200);
  std::set<std::array<std::size_t, 3>> seen;
  for (std::size_t i = 0; i < order.size(); ++i) {
    CHECK(order[i].mode == i / 100);
    seen.insert({order[i].mode, order[i].workload, order[i].repetition});
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("OrderOf: leaving out a mode does not change the order in another") {
  Plan plan = TwoByTwo(5);
  const std::vector<PlannedRun> both = OrderOf(plan, 9);
  plan.modes.erase(plan.modes.begin());
  const std::vector<PlannedRun> alone = OrderOf(plan, 9);
  CHECK(WorkloadsAndRepetitions({both.begin() + 10, both.end()}) == WorkloadsAndRepetitions(alone));
}
