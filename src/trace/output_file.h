// The file a trace goes to: whole chunks in, large writes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"
#include "trace/format.h"
#include "trace/trace_writer.h"

namespace heimdallr::trace {

/// A chunk on its way to the file.
struct QueuedChunk {
  std::uint64_t end = 0;  ///< bytes of the file up to and with it
  ChunkKind kind = ChunkKind::kNone;
  std::uint32_t records = 0;
};

struct FileSystemSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< for users without privilege
};
/// Space of the file system that holds `fd`; nothing when there is none to fill (a pipe, a device).
using SpaceProbe = std::function<std::optional<FileSystemSpace>(int fd)>;
[[nodiscard]] std::optional<FileSystemSpace> ProbeSpace(int fd);

/// Free space a recording leaves alone: 1 GiB, or a twentieth of a small file system.
[[nodiscard]] std::uint64_t ReservedBytes(const FileSystemSpace& space);

/// Writes to a regular file, a pipe or a character device. Once a write has failed or free space
/// has become short, `status` says so and chunks are refused; a regular file then ends with the
/// last chunk that is in it as a whole.
class OutputFile {
 public:
  /// A regular file is made anew; one that exists is replaced or refused as `overwrite` says. Pipes
  /// and character devices are opened as they are; FailedPrecondition for a pipe that nobody has
  /// opened for reading. Everything else is refused.
  [[nodiscard]] static absl::StatusOr<OutputFile> Create(const std::string& path,
                                                         Overwrite overwrite,
                                                         SpaceProbe probe = ProbeSpace);

  /// Takes one chunk with its length in front. Returns false when it was refused.
  bool Append(std::string_view chunk, ChunkKind kind, std::uint32_t records);

  /// Hands everything to the kernel. Returns `status()`.
  const absl::Status& Flush();

  /// Lets a few last chunks be written though free space is short. No effect after a failed write.
  void AllowReserve();

  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t offset() const { return written_ + buffer_.size(); }
  /// Chunks that Append took and that could not be written after all; empty while status is OK.
  [[nodiscard]] const std::vector<QueuedChunk>& lost() const { return lost_; }

 private:
  OutputFile(std::string path, base::UniqueFd fd, SpaceProbe probe)
      : path_(std::move(path)), fd_(std::move(fd)), probe_(std::move(probe)) {}

  absl::Status CheckSpace() const;
  /// `done` bytes of the buffer were written.
  void GiveUp(int error_number, std::size_t done);

  std::string path_;
  base::UniqueFd fd_;
  SpaceProbe probe_;
  std::string buffer_;
  std::vector<QueuedChunk> queue_;  // the chunks in buffer_
  std::vector<QueuedChunk> lost_;
  std::uint64_t written_ = 0;
  absl::Status status_;
  bool short_of_space_ = false;
};

}  // namespace heimdallr::trace
