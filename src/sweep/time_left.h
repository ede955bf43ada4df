// How long the rest of a sweep will take.
#pragma once

#include <optional>

#include "sweep/state.h"

namespace heimdallr::sweep {

/// Seconds that the runs still to come take, `running_seconds` of which are over for the one that
/// runs: each as long as those of its workload and mode took on the average, else those of its
/// workload, else all. None as long as no run has ended.
[[nodiscard]] std::optional<double> SecondsLeft(const SweepState& state, double running_seconds);

}  // namespace heimdallr::sweep
