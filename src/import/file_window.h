// Parts of a file that may be larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::imports {

/// Reads ahead by a megabyte. Not thread-safe.
class FileWindow {
 public:
  /// Errors by errno; FailedPrecondition for what is no regular file: it is read twice.
  [[nodiscard]] static absl::StatusOr<FileWindow> Open(const std::string& path);

  /// Bytes [offset, offset + size), valid until the next call. OutOfRange when the file ends
  /// before.
  [[nodiscard]] absl::StatusOr<std::span<const std::byte>> At(std::uint64_t offset,
                                                              std::uint64_t size);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  static constexpr std::uint64_t kMostAtOnce = 4U << 20;  ///< largest `size` of At

 private:
  FileWindow(base::UniqueFd fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  base::UniqueFd fd_;
  std::string path_;
  std::uint64_t size_ = 0;
  std::vector<std::byte> bytes_;
  std::uint64_t begin_ = 0;  // of bytes_ in the file
};

}  // namespace heimdallr::imports
