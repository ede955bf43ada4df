// Starts a program and holds it just before it becomes that program, so that sampling can be set up
// on a process that exists and has run nothing of its own yet.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"
#include "process/placement.h"

namespace heimdallr::process {

struct LaunchOptions {
  std::vector<std::string> command;      ///< program (looked up in PATH) and its arguments
  std::vector<std::string> environment;  ///< NAME=VALUE, the whole of it
  sigset_t signal_mask{};                ///< blocked signals the program starts with
  /// Signals to set back to their default action: those the caller ignores for its own sake.
  std::vector<int> default_signals;
  /// Signals to ignore again: those that were ignored before the caller changed it.
  std::vector<int> ignored_signals;
  Placement placement;
  int standard_error = -1;  ///< descriptor to give it as that; -1 = the caller's
};

/// A forked child that waits to be released. When the caller dies or destroys this first, the child
/// ends without having run the program. The caller waits for the child (wait4(2)).
class HeldProcess {
 public:
  /// Forks and places the child. The caller should have one thread only. Unavailable or
  /// ResourceExhausted by errno; InvalidArgument, PermissionDenied and others when the child cannot
  /// be placed as asked.
  [[nodiscard]] static absl::StatusOr<HeldProcess> Start(const LaunchOptions& options);

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Lets the child execute the program and returns when it has, or has failed to: NotFound when
  /// there is no such program, PermissionDenied (or what fits errno) when it cannot be executed.
  /// After a failure the child is gone and has been waited for. The caller ignores SIGPIPE, which a
  /// child that died before would raise.
  [[nodiscard]] absl::Status Release();

 private:
  HeldProcess(pid_t pid, base::UniqueFd go, base::UniqueFd failure, std::string program);

  [[nodiscard]] absl::Status AwaitPlacement() const;

  pid_t pid_;
  base::UniqueFd go_;  // a byte here releases the child; its end makes it give up
  // The child says here whether it is where it should be, then errno of exec, which closes it.
  base::UniqueFd failure_;
  std::string program_;
};

}  // namespace heimdallr::process
