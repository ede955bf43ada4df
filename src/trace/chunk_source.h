// A trace file as a sequence of chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::trace {

struct RawChunk {
  std::uint64_t offset = 0;  ///< of its length, in the file
  std::string_view bytes;    ///< the serialized Chunk; valid until the next call of Next
};

/// Reads a file, or a pipe, from its start; holds one chunk of it at a time.
class ChunkSource {
 public:
  /// Errors by errno.
  [[nodiscard]] static absl::StatusOr<ChunkSource> Open(const std::string& path);

  /// Goes on at `offset`, where a chunk begins. Errors by errno, as for a pipe.
  absl::Status Seek(std::uint64_t offset);

  /// The next chunk; nothing at the end, be it after a whole chunk or in the middle of one.
  /// DataLoss when a length is no length; errors by errno when the file cannot be read.
  [[nodiscard]] absl::StatusOr<std::optional<RawChunk>> Next();

  /// The file's first bytes, 64 at most. Call before the first Next.
  [[nodiscard]] absl::StatusOr<std::string_view> FirstBytes();

  /// Up to the end of the last chunk that Next returned.
  [[nodiscard]] std::uint64_t good_bytes() const { return good_bytes_; }
  /// Size of the file; of a pipe, what was read.
  [[nodiscard]] std::uint64_t file_bytes() const;
  /// Next found its end in the middle of a chunk.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  explicit ChunkSource(base::UniqueFd fd);

  /// Makes at least `size` bytes available, fewer at the end of the file.
  absl::Status Fill(std::size_t size);
  [[nodiscard]] std::string_view available() const {
    return std::string_view(buffer_.data() + begin_, end_ - begin_);
  }

  base::UniqueFd fd_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was read and not yet returned, in buffer_
  std::size_t end_ = 0;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t size_bytes_ = 0;  // of a regular file
  std::uint64_t good_bytes_ = 0;
  bool at_end_ = false;
  bool cut_ = false;
};

}  // namespace heimdallr::trace
