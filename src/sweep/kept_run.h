// One run in a process of its own, which ends with all that it started: when its time is up, when a
// signal ends the sweep, and when the sweep itself is killed.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "base/unique_fd.h"
#include "sweep/plan.h"
#include "sweep/run_report.h"

namespace heimdallr::sweep {

struct RunRequest {
  std::string program;  ///< path of heimdallr
  /// Its arguments, the one of kReportArgument left out. Standard input is empty.
  std::vector<std::string> arguments;
  Environment environment;  ///< added to that of this process
  std::string folder;
  std::string output;  ///< file for standard output, made anew
  std::string errors;  ///< file for standard error, made anew
  std::optional<double> timeout_seconds;
  sigset_t signal_mask{};  ///< blocked signals it starts with
};

/// A keeper, forked from this process, starts the program and waits for it. To end it, the keeper
/// sends it SIGTERM, which heimdallr passes on; what of the workload still runs 5 s later is
/// killed, and so is heimdallr if it has not finished its trace another 30 s later. A workload
/// whose own part is over is not timed out: only its trace is being finished. What outlives the
/// program is killed in any case. Only a SIGKILL of the keeper itself lets something go on.
class KeptRun {
 public:
  /// This process has one thread and does not wait for any child meanwhile. Errors by errno; one of
  /// the program's start is in the report.
  [[nodiscard]] static absl::StatusOr<KeptRun> Start(const RunRequest& request);

  KeptRun(KeptRun&&) noexcept = default;
  KeptRun& operator=(KeptRun&&) = delete;
  /// Ends the run if it was not finished.
  ~KeptRun();

  /// Readable when there is something for `Read`.
  [[nodiscard]] int fd() const { return report_.get(); }
  /// Takes what has been reported. False once the run has ended.
  [[nodiscard]] bool Read();

  /// Ends the run by a signal that was sent to this process alone.
  void End(int signal) const;

  /// To be called when the run has ended.
  [[nodiscard]] RunReport Finish();

 private:
  KeptRun(pid_t keeper, base::UniqueFd report) : keeper_(keeper), report_(std::move(report)) {}

  pid_t keeper_;
  base::UniqueFd report_;  // invalid once finished
  std::string text_;
};

}  // namespace heimdallr::sweep
