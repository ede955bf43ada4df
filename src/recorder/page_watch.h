// Where the workload's pages lie, looked at from time to time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <absl/status/status.h>

#include "topology/page_nodes.h"

namespace heimdallr::recorder {

/// What one look at one process found.
struct PlacementLook {
  std::uint64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC when it began
  std::int32_t pid = 0;
  topology::PageLook pages;
};

/// A look takes milliseconds, in which rings would fill up, so it happens on a thread of its own.
/// The first looks come early, for short programs; then one comes each interval, or less often
/// where looking would take more than a twentieth of a processor.
class PageWatch {
 public:
  explicit PageWatch(std::uint64_t interval_ns);

  /// Processes to look at from now on.
  void SetProcesses(std::vector<std::int32_t> pids);

  /// What was found since the last call, in the order of time.
  [[nodiscard]] std::vector<PlacementLook> Take();

  /// No look that Take has not returned yet began before this time; CLOCK_MONOTONIC.
  [[nodiscard]] std::uint64_t CompleteUntil() const;

  /// Why nothing is known, when all looks at a process failed; else ok.
  [[nodiscard]] absl::Status status() const;

 private:
  void Run(const std::stop_token& stop);
  std::vector<std::int32_t> Processes() const;
  void LookAt(std::int32_t pid);

  const std::uint64_t interval_ns_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::int32_t> pids_;  // by mutex_, as what follows
  std::vector<PlacementLook> found_;
  std::uint64_t looking_since_ns_ = 0;  // 0 = not looking
  bool seen_any_ = false;
  absl::Status failure_;  // the first
  std::jthread thread_;   // last: it ends before the rest goes
};

}  // namespace heimdallr::recorder
