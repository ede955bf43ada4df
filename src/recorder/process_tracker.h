// Which processes and threads the workload has, and what they cost. Fed from two sides that are not
// in step: the kernel's records (in order of time, a round late) and the interposer's reports (at
// once). Works with either alone.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heimdallr/records.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

class AddressSpaces;
class LossLedger;

/// Keeps the table of live processes and writes process, thread and statistics records.
class ProcessTracker {
 public:
  enum class Interposer { kExpected, kNotExpected };
  /// Whether the kernel reports processes and mappings; if not, a process is looked up in /proc
  /// when its interposer reports in, and ends with its exit report.
  enum class KernelReports { kYes, kNo };

  /// `spaces` is told of mappings looked up in /proc.
  ProcessTracker(trace::TraceWriter& writer, LossLedger& losses, AddressSpaces& spaces,
                 Interposer interposer, KernelReports kernel_reports)
      : writer_(writer),
        losses_(losses),
        spaces_(spaces),
        interposer_(interposer),
        kernel_reports_(kernel_reports) {}

  // From the kernel, in order of time. All times are ns since the start of the recording.

  /// The process that was launched. Its statistics are the caller's business, who waits for it.
  void OnFirstProcess(std::uint64_t time_ns, std::int32_t pid, std::int32_t parent_pid);
  /// A process that ran already, with its threads as they are now; its mappings are written, too.
  void OnFound(std::uint64_t time_ns, std::int32_t pid, const std::vector<std::int32_t>& tids);
  void OnFork(std::uint64_t time_ns, std::int32_t pid, std::int32_t tid, std::int32_t parent_pid);
  void OnName(std::uint64_t time_ns, std::int32_t pid, std::int32_t tid, std::string_view name);
  void OnExec(std::uint64_t time_ns, std::int32_t pid, std::string_view name);
  /// A file was mapped: the first one after an exec is the executable.
  void OnFileMapped(std::int32_t pid, std::string_view path, std::string_view build_id);
  enum class Remains { kNone, kThreads };
  /// Says whether the process has threads left.
  Remains OnThreadExit(std::uint64_t time_ns, std::int32_t pid, std::int32_t tid);

  // From the interposer, as it arrives.
  void OnAttach(std::uint64_t time_ns, std::int32_t pid);
  void OnThreadLayout(const ThreadRecord& layout);
  void OnExitReport(const StatisticsRecord& report);

  /// Looks at some living processes in /proc, so that those killed later have figures. Call about
  /// once a second.
  void LookAtLiving();

  /// Writes what is still open; to be called once, after the last record.
  void Finish(std::uint64_t time_ns);

  /// Whether it is a process of the workload that lives now.
  [[nodiscard]] bool Knows(std::int32_t pid) const { return live_.contains(pid); }
  /// Those that live now.
  [[nodiscard]] std::vector<std::int32_t> LivePids() const;
  [[nodiscard]] std::uint64_t processes() const { return processes_started_; }
  [[nodiscard]] std::uint64_t still_running() const { return still_running_; }

 private:
  struct PendingExec {
    std::uint64_t time_ns;
    std::string name;
  };
  struct Process {
    std::uint64_t start_ns = 0;
    std::optional<std::uint64_t> exec_ns;  // of the image it runs, if seen to begin
    std::optional<PendingExec> pending_exec;
    std::vector<std::uint64_t> attach_times_ns;
    std::set<std::int32_t> threads;
    std::optional<StatisticsRecord> exit_report;
    std::optional<StatisticsRecord> last_seen;
  };

  Process& Ensure(std::uint64_t time_ns, std::int32_t pid);
  void WriteExec(std::int32_t pid, Process& process, std::string_view path,
                 std::string_view build_id);
  void EndImage(std::uint64_t time_ns, std::int32_t pid, Process& process);
  void EndProcess(std::uint64_t time_ns, std::int32_t pid, Process& process);
  void WriteStatistics(std::uint64_t time_ns, std::int32_t pid, const Process& process);
  static void Look(std::int32_t pid, Process& process);

  trace::TraceWriter& writer_;
  LossLedger& losses_;
  AddressSpaces& spaces_;
  Interposer interposer_;
  KernelReports kernel_reports_;
  std::unordered_map<std::int32_t, Process> live_;
  std::uint64_t processes_started_ = 0;
  std::uint64_t still_running_ = 0;
  std::int32_t first_pid_ = 0;
  std::int32_t last_look_ = 0;  // pid to go on behind
};

}  // namespace heimdallr::recorder
