#include "analysis/process_table.h"

#include <algorithm>

namespace heimdallr::analysis {

ProcessInfo& ProcessTable::Begin(std::int32_t pid) {
  last_ = &processes_.emplace_back();
  last_->pid = pid;
  current_[pid] = last_;
  return *last_;
}

ProcessInfo& ProcessTable::Of(std::int32_t pid) {
  if (last_ != nullptr && last_->pid == pid) return *last_;
  if (const auto found = current_.find(pid); found != current_.end()) {
    last_ = found->second;
    return *last_;
  }
  return Begin(pid);
}

const ProcessInfo* ProcessTable::First(std::int32_t pid) const {
  const auto found = std::find_if(processes_.begin(), processes_.end(),
                                  [pid](const ProcessInfo& process) { return process.pid == pid; });
  return found == processes_.end() ? nullptr : &*found;
}

void ProcessTable::Add(const ProcessRecord& record) {
  switch (record.event) {
    case ProcessEvent::kStart: {
      ProcessInfo* process = &Of(record.pid);
      if (process->exit_ns) process = &Begin(record.pid);
      process->start_ns = record.time_ns;
      process->parent_pid = record.parent_pid;
      // Until it executes something else, a child is known by its parent's name.
      const auto parent = current_.find(record.parent_pid);
      if (parent != current_.end() && process->command.empty()) {
        process->command = parent->second->command;
        process->executable = parent->second->executable;
      }
      break;
    }
    case ProcessEvent::kExec: {
      ProcessInfo& process = Of(record.pid);
      ++process.execs;
      process.command = record.command;
      process.executable = record.executable;
      break;
    }
    case ProcessEvent::kExit:
      Of(record.pid).exit_ns = record.time_ns;
      break;
    case ProcessEvent::kAttach:
      Of(record.pid).attached = true;
      break;
  }
}

void ProcessTable::Add(const ThreadRecord& record) {
  if (record.event == ThreadEvent::kStart && record.tid != record.pid) ++Of(record.pid).threads;
  // A process may rename itself; its name is that of its first thread.
  if (record.event == ThreadEvent::kName && record.tid == record.pid) {
    Of(record.pid).command = record.name;
  }
}

void ProcessTable::Add(const StatisticsRecord& record) {
  std::optional<StatisticsRecord>& best = Of(record.pid).statistics;
  if (!best || record.source <= best->source) best = record;
}

}  // namespace heimdallr::analysis
