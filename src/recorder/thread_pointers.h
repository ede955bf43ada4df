// Where the thread-local variables of each thread are.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace heimdallr::recorder {

/// Thread pointers (x86-64: fs base) by thread and time. The interposer's reports arrive at once,
/// the kernel's records, which ask and which end threads, some milliseconds later: each is told
/// apart by its time. All times are ns since the start of the recording.
class ThreadPointers {
 public:
  /// From `time_ns` on the thread has this pointer.
  void OnReport(std::uint64_t time_ns, std::int32_t tid, std::uint64_t pointer);

  /// A forked process goes on as a copy of the thread that forked.
  void OnFork(std::uint64_t time_ns, std::int32_t child_tid, std::int32_t parent_tid);

  /// A thread ended, or executed another program: what it reported before is gone.
  void OnEnd(std::uint64_t time_ns, std::int32_t tid);

  /// Of the thread at that time; nothing before it has reported.
  [[nodiscard]] std::optional<std::uint64_t> Find(std::uint64_t time_ns, std::int32_t tid) const;

 private:
  struct Report {
    std::uint64_t time_ns = 0;
    std::uint64_t pointer = 0;
  };
  // Ascending times; nearly always one. A thread id used again may have reported before the end of
  // the thread that had it is known.
  std::unordered_map<std::int32_t, std::vector<Report>> reports_;
};

}  // namespace heimdallr::recorder
