// What the processes of one run tell the sweep, a line each, through a pipe: the recording what
// became of the workload, the keeper of the run what became of the recording.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heimdallr::sweep {

/// The first argument of `heimdallr` when a sweep starts it: the descriptor to report to.
inline constexpr std::string_view kReportArgument = "--report-to-fd=";

/// How the workload ended, and what went wrong with its recording.
struct RunReport {
  std::optional<int> exit_status;  ///< of the workload
  int signal = 0;                  ///< that ended the workload
  std::uint64_t wall_ns = 0;       ///< of the workload
  std::string failure;             ///< why it was not run, or not recorded; empty if it was

  // Of the keeper.
  bool kept_to_end = false;  ///< it saw the end of the recording; else something killed the keeper
  int recorder_signal = 0;   ///< that ended the recording's process
  bool timed_out = false;
  bool interrupted = false;  ///< by a signal that was meant to end it
  std::uint64_t left_behind = 0;
};

// Lines, each with its end.
[[nodiscard]] std::string ExitedLine(int exit_status, std::uint64_t wall_ns);
[[nodiscard]] std::string SignalledLine(int signal, std::uint64_t wall_ns);
[[nodiscard]] std::string FailureLine(std::string_view message);
[[nodiscard]] std::string TimedOutLine();
[[nodiscard]] std::string InterruptedLine();
[[nodiscard]] std::string EndLine(int recorder_signal, std::uint64_t left_behind);

/// Puts the lines together; what is no such line is left out.
[[nodiscard]] RunReport ParseRunReport(std::string_view text);

/// Writes a line to a descriptor; a reader that is gone does not matter.
void Tell(int fd, std::string_view line);

}  // namespace heimdallr::sweep
