// How far a long command has come, on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace heimdallr::cli {

/// One line on standard error that is written over, ten times a second at most; nothing where that
/// is no terminal. Not thread-safe.
class ProgressBar {
 public:
  enum class Show { kIfTerminal, kNever };

  /// `total_bytes` = 0: not known.
  ProgressBar(Show show, std::uint64_t total_bytes);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { Clear(); }

  /// `what` is worked at now; `bytes` and `records` of all have been read.
  void Update(const std::string& what, std::uint64_t bytes, std::uint64_t records);
  /// Removes the line, so that others can be printed.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool shown_;
  bool line_there_ = false;
  std::uint64_t total_bytes_;
  Clock::time_point start_;
  Clock::time_point last_;
};

/// "bt.A  [######....]  58 %  1.2 GiB of 2.1 GiB  1.31 M records/s  00:12 left", `columns` wide at
/// most.
[[nodiscard]] std::string ProgressLine(const std::string& what, std::uint64_t bytes,
                                       std::uint64_t total_bytes, std::uint64_t records,
                                       double seconds, std::size_t columns);

}  // namespace heimdallr::cli
