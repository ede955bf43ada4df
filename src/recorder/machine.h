// The machine that is recorded on, as far as its kernel's events go. Tests play others.
#pragma once

#include <functional>

#include "channel/clock_sync.h"
#include "heimdallr/trace_header.h"
#include "perf/system.h"

namespace heimdallr::recorder {

/// By default the running one.
struct Machine {
  perf::System system;
  /// Reads CLOCK_MONOTONIC and the counter that hardware stamps its records with, at once.
  std::function<channel::ClockPair()> sample_clocks = channel::SampleClocks;
  /// What its traces say they are.
  TraceOrigin origin = TraceOrigin::kRecorded;
};

/// Lives as long as the program.
[[nodiscard]] inline const Machine& RealMachine() {
  static const Machine kMachine;
  return kMachine;
}

}  // namespace heimdallr::recorder
