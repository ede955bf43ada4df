// What became of the rate that was asked for.
#pragma once

#include <cstdint>
#include <string>

namespace heimdallr::recorder {

/// How the period of the governed stream went, for people.
struct RateHistory {
  std::uint64_t asked_period = 0;  ///< 0 = no stream was governed
  std::uint64_t last_period = 0;
  std::uint64_t slowest_period = 0;
  std::uint64_t changes = 0;
  double budget = 0;           ///< share of the workload's CPU time; 0 = no limit
  double asked_overhead = 0;   ///< share it would have taken at the asked period
  bool cost_measured = false;  ///< or `asked_overhead` rests on an assumed cost
  std::string failure;         ///< why a change did not come about; empty = none failed
};

}  // namespace heimdallr::recorder
