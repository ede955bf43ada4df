#include "recorder/process_tracker.h"

#include <algorithm>

#include "process/process_statistics.h"
#include "process/threads.h"
#include "recorder/loss_ledger.h"
#include "recorder/proc_snapshot.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

// Processes looked at in one call of LookAtLiving: about 30 us each, so 0.2 % of a second.
constexpr std::size_t kLooksPerCall = 64;

}  // namespace

ProcessTracker::Process& ProcessTracker::Ensure(std::uint64_t time_ns, std::int32_t pid) {
  const auto [entry, is_new] = live_.try_emplace(pid);
  if (is_new) {
    entry->second.start_ns = time_ns;
    entry->second.threads.insert(pid);
    ++processes_started_;
  }
  return entry->second;
}

void ProcessTracker::OnFirstProcess(std::uint64_t time_ns, std::int32_t pid,
                                    std::int32_t parent_pid) {
  first_pid_ = pid;
  Ensure(time_ns, pid);
  writer_.Add(ProcessRecord{
      .time_ns = time_ns, .pid = pid, .parent_pid = parent_pid, .event = ProcessEvent::kStart});
}

void ProcessTracker::OnFound(std::uint64_t time_ns, std::int32_t pid,
                             const std::vector<std::int32_t>& tids) {
  Process& process = Ensure(time_ns, pid);
  const auto seen = process::ReadProcessStatistics(pid);
  writer_.Add(ProcessRecord{.time_ns = time_ns,
                            .pid = pid,
                            .parent_pid = seen ? seen->parent_pid : 0,
                            .event = ProcessEvent::kStart});
  WriteProcSnapshot(time_ns, pid, writer_, spaces_);
  for (const std::int32_t tid : tids) {
    process.threads.insert(tid);
    if (tid != pid) {
      writer_.Add(
          ThreadRecord{.time_ns = time_ns, .pid = pid, .tid = tid, .event = ThreadEvent::kStart});
    }
    OnName(time_ns, pid, tid, process::ThreadName(pid, tid));
  }
}

void ProcessTracker::OnFork(std::uint64_t time_ns, std::int32_t pid, std::int32_t tid,
                            std::int32_t parent_pid) {
  if (pid == parent_pid) {
    Ensure(time_ns, pid).threads.insert(tid);
    writer_.Add(
        ThreadRecord{.time_ns = time_ns, .pid = pid, .tid = tid, .event = ThreadEvent::kStart});
    return;
  }
  // A process id that is used again: the exit of its last holder was lost. One that has attached
  // may as well be the new process, whose interposer is heard of before its fork is.
  if (const auto stale = live_.find(pid);
      stale != live_.end() && stale->second.attach_times_ns.empty()) {
    EndProcess(time_ns, pid, stale->second);
    live_.erase(stale);
  }
  Process& process = Ensure(time_ns, pid);
  process.start_ns = time_ns;
  writer_.Add(ProcessRecord{
      .time_ns = time_ns, .pid = pid, .parent_pid = parent_pid, .event = ProcessEvent::kStart});
}

void ProcessTracker::OnName(std::uint64_t time_ns, std::int32_t pid, std::int32_t tid,
                            std::string_view name) {
  writer_.Add(ThreadRecord{
      .time_ns = time_ns, .name = name, .pid = pid, .tid = tid, .event = ThreadEvent::kName});
}

void ProcessTracker::OnExec(std::uint64_t time_ns, std::int32_t pid, std::string_view name) {
  Process& process = Ensure(time_ns, pid);
  EndImage(time_ns, pid, process);
  process.exec_ns = time_ns;
  process.pending_exec = PendingExec{time_ns, std::string(name)};
  process.threads = {pid};
}

void ProcessTracker::OnFileMapped(std::int32_t pid, std::string_view path,
                                  std::string_view build_id) {
  const auto entry = live_.find(pid);
  if (entry == live_.end() || !entry->second.pending_exec) return;
  WriteExec(pid, entry->second, path, build_id);
}

void ProcessTracker::WriteExec(std::int32_t pid, Process& process, std::string_view path,
                               std::string_view build_id) {
  writer_.Add(ProcessRecord{.time_ns = process.pending_exec->time_ns,
                            .command = process.pending_exec->name,
                            .executable = path,
                            .build_id = build_id,
                            .pid = pid,
                            .event = ProcessEvent::kExec});
  process.pending_exec.reset();
}

ProcessTracker::Remains ProcessTracker::OnThreadExit(std::uint64_t time_ns, std::int32_t pid,
                                                     std::int32_t tid) {
  writer_.Add(
      ThreadRecord{.time_ns = time_ns, .pid = pid, .tid = tid, .event = ThreadEvent::kExit});
  const auto entry = live_.find(pid);
  if (entry == live_.end()) return Remains::kNone;
  entry->second.threads.erase(tid);
  if (!entry->second.threads.empty()) return Remains::kThreads;
  EndProcess(time_ns, pid, entry->second);
  live_.erase(entry);
  return Remains::kNone;
}

void ProcessTracker::OnAttach(std::uint64_t time_ns, std::int32_t pid) {
  Ensure(time_ns, pid).attach_times_ns.push_back(time_ns);
  writer_.Add(ProcessRecord{.time_ns = time_ns, .pid = pid, .event = ProcessEvent::kAttach});
  if (kernel_reports_ == KernelReports::kNo) WriteProcSnapshot(time_ns, pid, writer_, spaces_);
}

void ProcessTracker::OnThreadLayout(const ThreadRecord& layout) { writer_.Add(layout); }

void ProcessTracker::OnExitReport(const StatisticsRecord& report) {
  Process& process = Ensure(report.time_ns, report.pid);
  process.exit_report = report;
  if (kernel_reports_ == KernelReports::kYes) return;
  EndProcess(report.time_ns, report.pid, process);
  live_.erase(report.pid);
}

// An image that was seen to begin should have reported in before it ended.
void ProcessTracker::EndImage(std::uint64_t time_ns, std::int32_t pid, Process& process) {
  if (process.pending_exec) WriteExec(pid, process, {}, {});
  if (!process.exec_ns) return;
  const bool attached =
      std::any_of(process.attach_times_ns.begin(), process.attach_times_ns.end(),
                  [&](std::uint64_t at) { return at >= *process.exec_ns && at <= time_ns; });
  if (!attached && interposer_ == Interposer::kExpected) {
    losses_.Count(LossKind::kUntracedProcess, 1, {.pid = pid});
  }
}

void ProcessTracker::EndProcess(std::uint64_t time_ns, std::int32_t pid, Process& process) {
  EndImage(time_ns, pid, process);
  if (!process.exit_report) Look(pid, process);  // it may still wait for its parent as a zombie
  WriteStatistics(time_ns, pid, process);
  writer_.Add(ProcessRecord{.time_ns = time_ns, .pid = pid, .event = ProcessEvent::kExit});
}

void ProcessTracker::WriteStatistics(std::uint64_t time_ns, std::int32_t pid,
                                     const Process& process) {
  if (pid == first_pid_) return;  // wait4(2) tells more of it, and exactly
  const auto& best = process.exit_report ? process.exit_report : process.last_seen;
  if (!best) return;
  StatisticsRecord record = *best;
  record.time_ns = time_ns;
  record.pid = pid;
  record.wall_ns = time_ns > process.start_ns ? time_ns - process.start_ns : 0;
  writer_.Add(record);
}

void ProcessTracker::Look(std::int32_t pid, Process& process) {
  const auto seen = process::ReadProcessStatistics(pid);
  if (!seen) return;
  StatisticsRecord record{.user_ns = seen->user_ns,
                          .system_ns = seen->system_ns,
                          .max_rss_bytes = seen->max_rss_bytes,
                          .minor_faults = seen->minor_faults,
                          .major_faults = seen->major_faults,
                          .source = StatisticsSource::kLastSeen};
  if (seen->exit_status) {
    const int status = *seen->exit_status;
    record.exit_signal = status & 0x7f;
    if (record.exit_signal == 0) record.exit_code = (status >> 8) & 0xff;
  }
  // A zombie has given up its memory: keep the peak that was seen before.
  if (process.last_seen) {
    record.max_rss_bytes = std::max(record.max_rss_bytes, process.last_seen->max_rss_bytes);
  }
  process.last_seen = record;
}

std::vector<std::int32_t> ProcessTracker::LivePids() const {
  std::vector<std::int32_t> pids;
  pids.reserve(live_.size());
  for (const auto& [pid, process] : live_) pids.push_back(pid);
  return pids;
}

void ProcessTracker::LookAtLiving() {
  std::vector<std::int32_t> pids;
  pids.reserve(live_.size());
  for (const auto& [pid, process] : live_) pids.push_back(pid);
  std::sort(pids.begin(), pids.end());
  std::rotate(pids.begin(), std::upper_bound(pids.begin(), pids.end(), last_look_), pids.end());
  pids.resize(std::min(pids.size(), kLooksPerCall));
  for (const std::int32_t pid : pids) {
    Look(pid, live_.at(pid));
    last_look_ = pid;
  }
}

void ProcessTracker::Finish(std::uint64_t time_ns) {
  for (auto& [pid, process] : live_) {
    EndImage(time_ns, pid, process);
    if (!process.exit_report) {
      Look(pid, process);
      if (pid != first_pid_) ++still_running_;  // that one is what was waited for
    }
    WriteStatistics(time_ns, pid, process);
  }
  live_.clear();
}

}  // namespace heimdallr::recorder
