// In which order a sweep runs what is planned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sweep/plan.h"

namespace heimdallr::sweep {

/// One run of the plan.
struct PlannedRun {
  std::size_t mode = 0;          ///< index in Plan::modes
  std::size_t workload = 0;      ///< index in Plan::workloads
  std::uint32_t repetition = 0;  ///< from 1

  friend bool operator==(const PlannedRun&, const PlannedRun&) = default;
};

/// SplitMix64 (Steele, Lea, Flood 2014: "Fast splittable pseudorandom number generators").
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t Next();
  /// Each of 0..bound-1 equally likely; `bound` > 0. The number drawn modulo `bound`; the lowest
  /// 2^64 mod `bound` numbers are drawn again, as they would favour small results.
  [[nodiscard]] std::uint64_t Below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// All runs of the plan. Modes come one after the other, in the plan's order. Those of a mode,
/// repetition after repetition of each workload, are shuffled (Fisher-Yates from the last element
/// on: element i changes places with Below(i + 1)) by a SplitMix64 of their own, whose seed is
/// `seed` XOR the 64-bit FNV-1a hash of the mode's name. So a seed gives one order on every
/// machine, and leaving out a mode does not change that of the others.
[[nodiscard]] std::vector<PlannedRun> OrderOf(const Plan& plan, std::uint64_t seed);

/// A seed nobody chose, at most kMaxSeed.
[[nodiscard]] std::uint64_t DrawSeed();

}  // namespace heimdallr::sweep
