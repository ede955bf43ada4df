#include "recorder/governor.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace heimdallr::recorder {
namespace {

constexpr std::size_t kMaxSteps = 6;
// From one step to the next, at least; more where kMaxSteps of them would not reach the end.
constexpr double kStepFactor = 4;
constexpr std::uint64_t kLongestPeriod = 60'000'000'000;

// Of the budget: the cost that a faster step may have to be taken.
constexpr double kCalmShare = 0.7;
constexpr unsigned kMostCalmNeeded = 64;
// Fewer samples say little about what one costs the recorder.
constexpr std::uint64_t kTellingSamples = 8;

bool IsPrime(std::uint64_t number) {
  if (number % 2 == 0) return number == 2;
  for (std::uint64_t divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor == 0) return false;
  }
  return number > 1;
}

std::uint64_t PrimeFrom(std::uint64_t number) {
  while (!IsPrime(number)) ++number;
  return number;
}

// Share of the CPU time that goes into samples of this cost.
double Overhead(std::uint64_t cost_ns, std::uint64_t period, double event_ns) {
  return static_cast<double>(cost_ns) / (static_cast<double>(period) * event_ns);
}

}  // namespace

PeriodPlan PlanPeriods(std::uint64_t asked, double budget, double event_ns) {
  PeriodPlan plan{.steps = {std::max<std::uint64_t>(asked, 1)}};
  if (!(budget > 0)) return plan;
  const double enough = std::min(static_cast<double>(kHighestSampleCostNs) / (budget * event_ns),
                                 static_cast<double>(kLongestPeriod));
  const double ratio = enough / static_cast<double>(plan.steps[0]);
  const double factor =
      std::max(kStepFactor, std::pow(std::max(ratio, 1.0), 1.0 / (kMaxSteps - 1)));
  while (static_cast<double>(plan.steps.back()) < enough && plan.steps.size() < kMaxSteps) {
    const double next = static_cast<double>(plan.steps.back()) * factor;
    plan.steps.push_back(PrimeFrom(static_cast<std::uint64_t>(std::ceil(next))));
  }
  const auto fits = std::find_if(plan.steps.begin(), plan.steps.end(), [&](std::uint64_t period) {
    return Overhead(kAssumedSampleCostNs, period, event_ns) <= budget;
  });
  plan.start = std::min<std::size_t>(static_cast<std::size_t>(fits - plan.steps.begin()),
                                     plan.steps.size() - 1);
  return plan;
}

Governor::Governor(PeriodPlan plan, double budget)
    : plan_(std::move(plan)), budget_(budget), step_(plan_.start) {}

double Governor::OverheadAt(std::size_t step) const {
  return Overhead(sample_cost_ns(), plan_.steps[step], event_ns_);
}

// Reading the functions of a program or decoding its code happens once, and would happen at any
// rate: what handling a sample costs is the lesser of two measurements in a row.
void Governor::Learn(const SamplingCost& cost) {
  if (cost.sample_interval_ns > 0) {
    event_ns_ = cost.sample_interval_ns / static_cast<double>(period());
  }
  if (cost.interrupt_ns != 0) interrupt_ns_ = cost.interrupt_ns;
  if (cost.samples < kTellingSamples) return;
  const std::uint64_t handling = cost.recorder_ns / cost.samples;
  handling_ns_ = std::min(handling, std::exchange(last_handling_ns_, handling));
}

bool Governor::Decide(const SamplingCost& cost) {
  if (plan_.steps.size() == 1) return false;
  const bool was_assumed = !measured_ && cost.interrupt_ns != 0;
  measured_ = measured_ || was_assumed;
  Learn(cost);
  if (OverheadAt(step_) > budget_) {
    calm_ = 0;
    if (step_ + 1 == plan_.steps.size()) return false;
    GoSlower();
    return true;
  }
  // A workload that rests says nothing about what sampling it costs.
  if (cost.samples == 0 && !was_assumed) return false;
  // What was assumed is now known: nothing to wait for, and no margin to keep.
  const std::size_t faster = FastestStepBelow(was_assumed ? budget_ : kCalmShare * budget_);
  calm_ = faster < step_ ? calm_ + 1 : 0;
  if (calm_ < calm_needed_ && !was_assumed) return false;
  return GoFaster(faster);
}

void Governor::GoSlower() {
  do {
    ++step_;
  } while (step_ + 1 < plan_.steps.size() && OverheadAt(step_) > budget_);
  if (std::exchange(went_faster_, false)) {
    calm_needed_ = std::min(2 * calm_needed_, kMostCalmNeeded);
  }
}

bool Governor::GoFaster(std::size_t step) {
  if (step >= step_) return false;
  step_ = step;
  calm_ = 0;
  went_faster_ = true;
  return true;
}

std::size_t Governor::FastestStepBelow(double limit) const {
  for (std::size_t step = 0; step < step_; ++step) {
    if (OverheadAt(step) < limit) return step;
  }
  return step_;
}

}  // namespace heimdallr::recorder
