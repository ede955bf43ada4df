// Runs what a sweep has still to run.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include <absl/status/statusor.h>

#include "sweep/result_folder.h"
#include "sweep/run_report.h"
#include "sweep/state.h"

namespace heimdallr::sweep {

/// Who wants to know how it goes; each may be empty. `index` is that of the run in
/// SweepState::runs.
struct SweepListener {
  std::function<void(std::size_t index)> started;
  std::function<void(std::size_t index)> ended;
  /// Called about so often while a run runs, if it is not 0.
  std::chrono::milliseconds tick{0};
  std::function<void(std::size_t index, double running_seconds)> ticked;
};

struct SweepOptions {
  std::string program;  ///< path of heimdallr
  std::string root;     ///< where /proc is, see ReadMachine
};

/// Runs all that has no result yet, in order, and saves the state before and after each run. A run
/// that fails, crashes or cannot be recorded is noted, and the next one comes. Returns the signal
/// that ended the sweep early (SIGINT, SIGTERM, SIGHUP or SIGQUIT, which are blocked meanwhile), or
/// 0; the run it interrupted is planned again. An error means that results cannot be written; the
/// run in question is repeated when the sweep is resumed.
[[nodiscard]] absl::StatusOr<int> RunSweep(const ResultFolder& folder, const SweepOptions& options,
                                           const SweepListener& listener, SweepState& state);

/// Puts what became of a run into words and a state.
void Judge(const RunReport& report, int expected_exit_status, Run& run);

}  // namespace heimdallr::sweep
