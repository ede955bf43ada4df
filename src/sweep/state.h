// How far a sweep has come: what `sweep.json` holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/machine.h"
#include "sweep/order.h"
#include "sweep/plan.h"

namespace heimdallr::sweep {

enum class RunState : std::uint8_t {
  kPlanned,
  kRunning,
  kDone,         ///< with the exit status that the plan expects
  kFailed,       ///< with another exit status
  kCrashed,      ///< a signal ended it
  kTimedOut,     ///< ended, as it took longer than the plan allows
  kNotRecorded,  ///< it was not started, or its recording failed
};

/// "planned", "running", "done", "failed", "crashed", "timed-out", "not-recorded".
[[nodiscard]] std::string_view NameOf(RunState state);
[[nodiscard]] std::optional<RunState> RunStateOf(std::string_view name);

/// Whether it is a result, and not to be run again: a failure is one, as it belongs to the
/// workload. What was not recorded is repeated, as what was in the way may be gone.
[[nodiscard]] constexpr bool IsResult(RunState state) {
  return state == RunState::kDone || state == RunState::kFailed || state == RunState::kCrashed ||
         state == RunState::kTimedOut;
}

/// What became of a planned run.
struct Run {
  PlannedRun what;
  RunState state = RunState::kPlanned;
  std::optional<int> exit_status;  ///< of the workload; none when it did not exit
  int signal = 0;                  ///< that ended the workload
  std::string reason;              ///< of what is not done, for people
  std::uint64_t start_realtime_ns = 0;
  std::uint64_t wall_ns = 0;      ///< of the workload; of the run when that is not known
  std::uint64_t left_behind = 0;  ///< processes of the workload that outlived it and were ended
  Load load;                      ///< just before
  std::uint32_t session = 0;      ///< index in SweepState::sessions
};

/// One call of `heimdallr sweep` that ran something.
struct Session {
  std::uint64_t start_realtime_ns = 0;
  std::string version;  ///< of heimdallr
  Machine machine;
  std::vector<std::string> warnings;
};

struct SweepState {
  Plan plan;
  std::vector<Session> sessions;
  std::vector<Run> runs;  ///< in the order they are run in
};

/// A sweep of which nothing was run; the plan's seed is drawn if it has none.
[[nodiscard]] SweepState NewSweep(Plan plan);

/// "WORKLOAD.MODE"
[[nodiscard]] std::string RunId(const Plan& plan, const PlannedRun& run);

}  // namespace heimdallr::sweep
