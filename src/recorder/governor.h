// How often to sample, so that sampling costs the workload no more than it may. Policy alone: it
// is told what was measured, and opens, reads and waits for nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heimdallr::recorder {

/// What a sample is taken to cost until it has been measured: the upper end of what ticks of the
/// CPU clock cost in virtual machines, whose timer interrupts leave the guest.
inline constexpr std::uint64_t kAssumedSampleCostNs = 50'000;
/// The cost that the slowest step of a plan is made for.
inline constexpr std::uint64_t kHighestSampleCostNs = 100'000;

/// The periods a source may sample at. Few: each is an event of its own on every CPU, which every
/// new thread of the workload inherits.
struct PeriodPlan {
  /// Ascending, at least one: the period that was asked for, then primes, so that a slower rate
  /// does not fall into step with a loop of the workload.
  std::vector<std::uint64_t> steps;
  std::size_t start = 0;  ///< where to begin while the cost is not known
};

/// Plans from the asked period (at least 1, in events) to one at which even kHighestSampleCostNs
/// fits in `budget`, a share of the workload's CPU time. A budget of 0 or less plans the asked one
/// alone. `event_ns` is the shortest time between two events of the source: 1 for the clock, whose
/// events are nanoseconds.
[[nodiscard]] PeriodPlan PlanPeriods(std::uint64_t asked, double budget, double event_ns = 1);

/// What was measured since the last decision.
struct SamplingCost {
  std::uint64_t samples = 0;       ///< handled by the recorder
  std::uint64_t recorder_ns = 0;   ///< CPU time it took to handle them
  std::uint64_t interrupt_ns = 0;  ///< what a sample takes from the workload; 0 = not known yet
  /// CPU time of the workload from one sample to the next at the step in force; of the clock
  /// source its period.
  double sample_interval_ns = 0;
};

/// Chooses the step of a plan. Goes slower as soon as the cost is above the budget, faster only
/// when the cost would stay well below it and has done so for a while, longer after each time that
/// this was a mistake.
class Governor {
 public:
  Governor(PeriodPlan plan, double budget);

  /// Call about once a second, and when `interrupt_ns` becomes known. True if the step changed.
  [[nodiscard]] bool Decide(const SamplingCost& cost);

  [[nodiscard]] const PeriodPlan& plan() const { return plan_; }
  [[nodiscard]] double budget() const { return budget_; }
  [[nodiscard]] std::size_t step() const { return step_; }
  [[nodiscard]] std::uint64_t period() const { return plan_.steps[step_]; }

  /// Of one sample, workload and recorder together; assumed while it is not known.
  [[nodiscard]] std::uint64_t sample_cost_ns() const { return interrupt_ns_ + handling_ns_; }
  [[nodiscard]] bool cost_is_measured() const { return measured_; }

  /// Share of the workload's CPU time that sampling takes at a step, by what is known now.
  [[nodiscard]] double OverheadAt(std::size_t step) const;

 private:
  void Learn(const SamplingCost& cost);
  void GoSlower();
  bool GoFaster(std::size_t step);
  [[nodiscard]] std::size_t FastestStepBelow(double limit) const;

  PeriodPlan plan_;
  double budget_;
  std::size_t step_;
  bool measured_ = false;
  std::uint64_t interrupt_ns_ = kAssumedSampleCostNs;
  std::uint64_t handling_ns_ = 0;       // by the recorder, of one sample: the lasting part
  std::uint64_t last_handling_ns_ = 0;  // as measured last, with what happened but once
  double event_ns_ = 1;
  unsigned calm_ = 0;         // decisions in a row that would have allowed a faster step
  unsigned calm_needed_ = 2;  // of them to go faster
  bool went_faster_ = false;  // at the last change
};

}  // namespace heimdallr::recorder
