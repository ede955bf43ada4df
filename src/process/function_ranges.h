// Where the functions of an executable or library begin and end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::process {

/// Bytes of a file: [start, end) offsets from its start.
struct FileRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

/// Functions by the symbol tables, and where there is no symbol by the unwind table
/// (.eh_frame_hdr), which stripped files keep.
class FunctionRanges {
 public:
  /// Reads `path`. InvalidArgument when it is no ELF file; a file without either table has no
  /// functions.
  [[nodiscard]] static absl::StatusOr<FunctionRanges> Load(const std::string& path);

  /// The function that holds the byte at `file_offset`.
  [[nodiscard]] std::optional<FileRange> Find(std::uint64_t file_offset) const;

  [[nodiscard]] std::size_t size() const { return ranges_.size(); }

 private:
  std::vector<FileRange> ranges_;  // ascending, not overlapping
};

}  // namespace heimdallr::process
