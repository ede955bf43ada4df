// Reads trace files. Memory stays bounded whatever the size of the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "heimdallr/trace_header.h"

namespace heimdallr {

/// How much of a file is a trace, known once `TraceReader::Next` has returned the end.
struct TraceExtent {
  std::uint64_t good_bytes = 0;  ///< up to the end of the last whole chunk
  std::uint64_t file_bytes = 0;
  std::uint64_t records = 0;         ///< returned by Next
  std::uint64_t late_records = 0;    ///< came after their round and so are out of time order
  std::uint64_t unknown_chunks = 0;  ///< of a newer format; skipped
  bool finished = false;             ///< the footer is there: the recorder ended the file itself
  bool cut = false;                  ///< the last chunk is incomplete: the recording was cut short
};

/// A trace being read from its start to its end. Not thread-safe.
class TraceReader {
 public:
  /// Opens `path` and reads the header. NotFound or PermissionDenied when it cannot be opened,
  /// DataLoss when it is empty or no trace, Unimplemented when its version is newer than this
  /// reader's.
  [[nodiscard]] static absl::StatusOr<TraceReader> Open(const std::string& path);

  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) noexcept;
  ~TraceReader();

  [[nodiscard]] const TraceHeader& header() const;

  /// The next record in order of time, or nullptr at the end. A file that ends in the middle of a
  /// chunk ends there (`TraceExtent::cut`). DataLoss when a chunk makes no sense: the records
  /// before it are good. The record is valid until the next call.
  [[nodiscard]] absl::StatusOr<const Record*> Next();

  /// Return addresses of a call stack, innermost first; empty for id 0 or one not seen yet.
  [[nodiscard]] std::span<const std::uint64_t> Stack(std::uint32_t id) const;

  /// Names of code and data. Known from the start for a file that its recorder ended and that can
  /// be read from its end; of a pipe, after the end of the records; otherwise empty.
  [[nodiscard]] const Symbols& symbols() const;

  /// What was read so far; complete after the end.
  [[nodiscard]] const TraceExtent& extent() const;

  /// From the footer, once it has been read.
  [[nodiscard]] const std::optional<RecorderStatistics>& recorder_statistics() const;

 private:
  class Impl;
  explicit TraceReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace heimdallr
