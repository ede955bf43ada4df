// Processes and threads of a run, numbered for the page.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/process_table.h"
#include "heimdallr/records.h"

namespace heimdallr::report {

/// Numbers processes from 0, in the order of their start. A process id that is used again is
/// another process. Not thread-safe.
class ProcessIndex {
 public:
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);
  void Add(const StatisticsRecord& record);

  /// The process that had `pid` then: the last that started at or before `time_ns`, else the first;
  /// made if none was heard of.
  std::uint32_t Of(std::int32_t pid, std::uint64_t time_ns);

  [[nodiscard]] const analysis::ProcessTable& table() const { return table_; }

 private:
  using Starts = std::vector<std::pair<std::uint64_t, std::uint32_t>>;  // time, number

  void NoteNew(std::int32_t pid, std::uint64_t time_ns);

  analysis::ProcessTable table_;
  std::uint32_t known_ = 0;
  absl::flat_hash_map<std::int32_t, Starts> by_pid_;
  std::int32_t last_pid_ = 0;
  const Starts* last_ = nullptr;
};

/// Numbers the threads that occur, from 0. Not thread-safe.
class ThreadIndex {
 public:
  static constexpr std::size_t kMost = 65'535;  ///< the last one stands for all further ones

  struct Thread {
    std::uint32_t process = 0;
    std::int32_t tid = 0;
  };

  std::uint16_t Of(std::uint32_t process, std::int32_t tid);
  /// Its name from now on.
  void SetName(std::uint32_t process, std::int32_t tid, std::string_view name);

  [[nodiscard]] const std::vector<Thread>& threads() const { return threads_; }
  /// Empty when not known.
  [[nodiscard]] std::string NameOf(const Thread& thread) const;

 private:
  using Key = std::pair<std::uint32_t, std::int32_t>;

  std::vector<Thread> threads_;
  absl::flat_hash_map<Key, std::uint16_t> ids_;
  absl::flat_hash_map<Key, std::string> names_;
  Key last_key_{0xffffffff, 0};
  std::uint16_t last_ = 0;
};

}  // namespace heimdallr::report
