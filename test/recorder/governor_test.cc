#include "recorder/governor.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

using heimdallr::recorder::Governor;
using heimdallr::recorder::PeriodPlan;
using heimdallr::recorder::PlanPeriods;
using heimdallr::recorder::SamplingCost;

namespace {

bool IsPrimeByTrial(std::uint64_t number) {
  std::uint64_t divisors = 0;
  for (std::uint64_t d = 2; d * d <= number && divisors == 0; ++d) divisors += number % d == 0;
  return number > 1 && divisors == 0;
}

// A workload of the clock source that always runs: one second at the period in force.
SamplingCost Second(const Governor& governor, std::uint64_t interrupt_ns,
                    std::uint64_t handling_ns = 0) {
  const std::uint64_t samples = std::max<std::uint64_t>(1'000'000'000 / governor.period(), 1);
  return {.samples = samples,
          .recorder_ns = samples * handling_ns,
          .interrupt_ns = interrupt_ns,
          .sample_interval_ns = static_cast<double>(governor.period())};
}

Governor MakeGovernor(std::uint64_t asked, double budget) {
  return Governor(PlanPeriods(asked, budget), budget);
}

}  // namespace

TEST_CASE("PlanPeriods: 1 kHz at 5 % takes the asked period and one prime, and starts as asked") {
  const PeriodPlan plan = PlanPeriods(1'000'000, 0.05);
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0] == 1'000'000);
  CHECK(plan.steps[1] >= 4'000'000);
  CHECK(plan.steps[1] < 4'001'000);
  CHECK(plan.start == 0);
}

TEST_CASE("PlanPeriods: the highest rate starts where an assumed 50 us fit in the budget") {
  const PeriodPlan plan = PlanPeriods(10'000, 0.05);
  REQUIRE(plan.steps.size() == 5);
  CHECK(plan.steps[0] == 10'000);
  CHECK(plan.steps[plan.start] >= 1'000'000);  // 50 us / 5 %
  CHECK(plan.steps[plan.start - 1] < 1'000'000);
}

TEST_CASE("PlanPeriods: steps but the first are primes, ascend, and end where 100 us fit") {
  for (const std::uint64_t asked :
       {10'000U, 10'007U, 50'000U, 123'456U, 1'000'000U, 100'000'000U}) {
    for (const double budget : {0.0001, 0.001, 0.01, 0.05, 0.3, 1.0}) {
      CAPTURE(asked, budget);
      const PeriodPlan plan = PlanPeriods(asked, budget);
      REQUIRE(!plan.steps.empty());
      CHECK(plan.steps[0] == asked);
      CHECK(plan.steps.size() <= 6);
      CHECK(plan.start < plan.steps.size());
      CHECK(static_cast<double>(plan.steps.back()) * budget >= 100'000);
      for (std::size_t i = 1; i < plan.steps.size(); ++i) {
        CHECK(IsPrimeByTrial(plan.steps[i]));
        CHECK(plan.steps[i] >= 4 * plan.steps[i - 1]);
      }
    }
  }
}

TEST_CASE("PlanPeriods: without a budget the asked period stands alone") {
  for (const double budget : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    const PeriodPlan plan = PlanPeriods(10'000, budget);
    CHECK(plan.steps == std::vector<std::uint64_t>{10'000});
    CHECK(plan.start == 0);
  }
}

TEST_CASE("PlanPeriods: a tiny budget ends at a minute") {
  const PeriodPlan plan = PlanPeriods(10'000, 1e-12);
  CHECK(plan.steps.size() == 6);
  CHECK(plan.steps.back() >= 60'000'000'000);
  CHECK(plan.steps.back() < 61'000'000'000);
  CHECK(plan.start == 5);
}

TEST_CASE("PlanPeriods: another source's events may be shorter than a nanosecond") {
  // A load each 0.25 ns: a period of 4000 is 1 us.
  const PeriodPlan plan = PlanPeriods(4'000, 0.05, 0.25);
  CHECK(static_cast<double>(plan.steps.back()) * 0.25 * 0.05 >= 100'000);
  CHECK(static_cast<double>(plan.steps[plan.start]) * 0.25 * 0.05 >= 50'000);
}

TEST_CASE("Governor: without a budget nothing ever changes") {
  Governor governor = MakeGovernor(10'000, 0);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(governor.Decide(Second(governor, 1'000'000)));
  CHECK(governor.period() == 10'000);
}

TEST_CASE("Governor: goes slower at once when the cost is above the budget") {
  Governor governor = MakeGovernor(1'000'000, 0.05);
  CHECK_FALSE(governor.Decide(Second(governor, 40'000)));  // 4 %
  CHECK(governor.Decide(Second(governor, 60'000)));        // 6 %
  CHECK(governor.step() == 1);
  CHECK(governor.OverheadAt(0) == Approx(0.06));
}

TEST_CASE("Governor: one decision takes it as far as the cost demands") {
  Governor governor(PeriodPlan{.steps = {10'000, 40'009, 160'001, 640'007}, .start = 0}, 0.05);
  CHECK(governor.Decide(Second(governor, 25'000)));  // needs 500 us
  CHECK(governor.period() == 640'007);
}

TEST_CASE("Governor: a first measurement below the assumption goes to the asked rate at once") {
  Governor governor = MakeGovernor(50'000, 0.05);
  REQUIRE(governor.step() > 0);
  CHECK_FALSE(governor.cost_is_measured());
  CHECK(governor.Decide(Second(governor, 1'000)));  // 2 % at 50 us
  CHECK(governor.period() == 50'000);
  CHECK(governor.cost_is_measured());
}

TEST_CASE("Governor: a first measurement may use the budget to its end") {
  Governor governor = MakeGovernor(500'000, 0.05);
  REQUIRE(governor.period() > 500'000);
  CHECK(governor.Decide(Second(governor, 24'000)));  // 4.8 % at the asked rate
  CHECK(governor.period() == 500'000);
}

TEST_CASE("Governor: later goes faster only when it was cheap enough twice in a row") {
  Governor governor = MakeGovernor(1'000'000, 0.05);
  REQUIRE(governor.Decide(Second(governor, 60'000)));
  CHECK_FALSE(governor.Decide(Second(governor, 40'000)));  // 4 %: within the budget, not well below
  CHECK_FALSE(governor.Decide(Second(governor, 40'000)));
  CHECK_FALSE(governor.Decide(Second(governor, 30'000)));  // 3 %
  CHECK_FALSE(governor.Decide(Second(governor, 40'000)));
  CHECK_FALSE(governor.Decide(Second(governor, 30'000)));
  CHECK(governor.Decide(Second(governor, 30'000)));
  CHECK(governor.step() == 0);
}

TEST_CASE("Governor: a cost that swings makes ever fewer changes") {
  Governor governor = MakeGovernor(1'000'000, 0.05);
  int early = 0;
  int late = 0;
  for (int second = 0; second < 2000; ++second) {
    // Three seconds dear, seven cheap.
    const bool changed = governor.Decide(Second(governor, second % 10 < 3 ? 60'000 : 10'000));
    (second < 100 ? early : late) += changed;
  }
  CHECK(early > 0);
  CHECK(early <= 10);
  CHECK(late <= 2);
  CHECK(governor.step() == 1);
}

TEST_CASE("Governor: what the recorder does but once does not count, what lasts does") {
  Governor governor = MakeGovernor(1'000'000, 0.05);
  CHECK_FALSE(governor.Decide(Second(governor, 20'000, 500'000)));  // reading symbols
  CHECK_FALSE(governor.Decide(Second(governor, 20'000, 1'000)));
  CHECK_FALSE(governor.Decide(Second(governor, 20'000, 500'000)));
  CHECK(governor.sample_cost_ns() == 21'000);
  CHECK(governor.Decide(Second(governor, 20'000, 500'000)));
  CHECK(governor.step() == 1);
}

TEST_CASE("Governor: a workload that rests changes nothing") {
  Governor governor = MakeGovernor(1'000'000, 0.05);
  REQUIRE(governor.Decide(Second(governor, 60'000)));
  for (int i = 0; i < 10; ++i) {
    SamplingCost idle = Second(governor, 1'000);
    idle.samples = idle.recorder_ns = 0;
    CHECK_FALSE(governor.Decide(idle));
  }
}

TEST_CASE("Governor: no measurement ever comes") {
  Governor governor = MakeGovernor(10'000, 0.05);
  const std::uint64_t start = governor.period();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(governor.Decide(Second(governor, 0, 300)));
  CHECK(governor.period() == start);
  CHECK_FALSE(governor.cost_is_measured());
}

TEST_CASE("Governor: a cost beyond all reason ends at the slowest step and stays there") {
  Governor governor(PeriodPlan{.steps = {10'000, 40'009, 160'001, 640'007}, .start = 0}, 0.05);
  CHECK(governor.Decide(Second(governor, std::uint64_t{1} << 50)));
  CHECK(governor.step() + 1 == governor.plan().steps.size());
  CHECK_FALSE(governor.Decide(Second(governor, std::uint64_t{1} << 50)));
}

TEST_CASE("Governor: of a source in events, the cost follows the samples there are") {
  // Period 1000, and a sample each 2 ms of CPU time.
  Governor governor(PeriodPlan{.steps = {1'000, 4'001}, .start = 0}, 0.05);
  const SamplingCost rare{.samples = 500, .interrupt_ns = 10'000, .sample_interval_ns = 2e6};
  CHECK_FALSE(governor.Decide(rare));
  CHECK(governor.OverheadAt(0) == Approx(0.005));
  const SamplingCost often{.samples = 10'000, .interrupt_ns = 10'000, .sample_interval_ns = 1e5};
  CHECK(governor.Decide(often));
}
