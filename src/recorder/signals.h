// Signals while recording: what is sent to the recorder is meant for the workload.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <vector>

#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::recorder {

/// Blocks the signals that are passed on, and SIGCHLD, and delivers them through a descriptor.
/// SIGPIPE and SIGXFSZ are ignored: a trace that cannot be written is an error code. SIGCHLD is
/// not, or the kernel would throw the workload's exit status away. All this stays when the gate is
/// gone.
class SignalGate {
 public:
  /// ResourceExhausted when there is no descriptor left.
  [[nodiscard]] static absl::StatusOr<SignalGate> Open();

  /// Readable when a signal has come.
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The mask before Open, for the workload to start with.
  [[nodiscard]] const sigset_t& original_mask() const { return original_mask_; }

  /// Signals to be put back to their default in the workload: those that Open began to ignore.
  [[nodiscard]] const std::vector<int>& newly_ignored() const { return newly_ignored_; }
  /// Signals to be ignored again in the workload.
  [[nodiscard]] const std::vector<int>& no_longer_ignored() const { return no_longer_ignored_; }

  /// Takes what has come, and does nothing with it: the workload has ended.
  void Discard();
  /// Takes what has come. Whether a signal was among it that would end a program.
  [[nodiscard]] bool TakeEnd();
  /// Whether a signal that would end a program has come since.
  [[nodiscard]] static bool EndIsPending();

  /// Takes what has come. Sends to `target` what was sent to us by a process; what a terminal
  /// sends (Ctrl-C) reaches the whole foreground group, so the workload has it already.
  void Forward(pid_t target);

 private:
  SignalGate() = default;

  base::UniqueFd fd_;
  sigset_t original_mask_{};
  std::vector<int> newly_ignored_;
  std::vector<int> no_longer_ignored_;
};

}  // namespace heimdallr::recorder
