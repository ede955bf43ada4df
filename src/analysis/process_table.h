// The processes of a trace and what is known of each.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include <absl/container/flat_hash_map.h>

#include "heimdallr/records.h"

namespace heimdallr::analysis {

struct ProcessInfo {
  std::int32_t pid = 0;
  std::int32_t parent_pid = 0;  ///< 0 = not known
  std::string command;          ///< the kernel's short name, of the last image
  std::string executable;       ///< of the last image; empty = not known
  std::uint64_t start_ns = 0;
  std::optional<std::uint64_t> exit_ns;  ///< none = still there when the recording ended
  std::uint32_t execs = 0;
  std::uint32_t threads = 1;                   ///< that ever were, the first one included
  bool attached = false;                       ///< the interposer reported in, in any image
  std::optional<StatisticsRecord> statistics;  ///< the best that was recorded

  std::uint64_t accesses = 0;
  std::uint64_t allocations = 0;  ///< of the heap, that succeeded
  std::uint64_t allocated_bytes = 0;

  /// User and system time, 0 if not known.
  [[nodiscard]] std::uint64_t cpu_ns() const {
    return statistics ? statistics->user_ns + statistics->system_ns : 0;
  }
};

/// Built from the records of a trace in order of time. A process id that is used again is another
/// process. Memory: one entry a process. Not thread-safe.
class ProcessTable {
 public:
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);
  void Add(const StatisticsRecord& record);

  /// The process that has `pid` now; made if nothing was heard of it before.
  ProcessInfo& Of(std::int32_t pid);

  /// In order of their start.
  [[nodiscard]] const std::deque<ProcessInfo>& processes() const { return processes_; }

  /// The first process that had `pid`, or nullptr.
  [[nodiscard]] const ProcessInfo* First(std::int32_t pid) const;

 private:
  ProcessInfo& Begin(std::int32_t pid);

  std::deque<ProcessInfo> processes_;  // references stay valid
  absl::flat_hash_map<std::int32_t, ProcessInfo*> current_;
  ProcessInfo* last_ = nullptr;
};

}  // namespace heimdallr::analysis
