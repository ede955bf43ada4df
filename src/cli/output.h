// Standard output, written in large pieces.
#pragma once

#include <absl/status/status.h>
#include <fmt/format.h>

namespace heimdallr::cli {

/// Collects text and writes it to a descriptor it does not own. A reader that goes away (`| head`)
/// is a normal end, not an error. Not thread-safe.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  /// Where to append text.
  [[nodiscard]] fmt::memory_buffer& buffer() { return buffer_; }

  /// Writes if much has been collected. False once nobody reads or writing has failed: stop then.
  bool EndRecord() { return buffer_.size() < kEnough || Flush(); }

  /// Writes all that has been collected. Returns as EndRecord.
  bool Flush();

  /// Why writing failed; OK also when the reader went away.
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  static constexpr std::size_t kEnough = 64 << 10;

  int fd_;
  bool open_ = true;
  fmt::memory_buffer buffer_;
  absl::Status status_;
};

}  // namespace heimdallr::cli
