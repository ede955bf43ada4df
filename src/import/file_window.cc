#include "import/file_window.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::imports {

absl::StatusOr<FileWindow> FileWindow::Open(const std::string& path) {
  base::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return base::SyscallError(errno, fmt::format("cannot open '{}'", path));
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) {
    return base::SyscallError(errno, fmt::format("cannot look at '{}'", path));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(
        fmt::format("'{}' is no regular file: write the recording into one first", path));
  }
  return FileWindow(std::move(fd), path, static_cast<std::uint64_t>(status.st_size));
}

absl::StatusOr<std::span<const std::byte>> FileWindow::At(std::uint64_t offset,
                                                          std::uint64_t size) {
  if (size > kMostAtOnce || offset > size_ || size > size_ - offset) {
    return absl::OutOfRangeError(fmt::format(
        "'{}' ends at byte {}, but {} bytes at {} are asked for", path_, size_, size, offset));
  }
  if (offset < begin_ || offset + size > begin_ + bytes_.size()) {
    constexpr std::uint64_t kAhead = 1U << 20;
    bytes_.resize(std::min(std::max(size, kAhead), size_ - offset));
    begin_ = offset;
    std::size_t read = 0;
    while (read < bytes_.size()) {
      const ssize_t got = pread(fd_.get(), bytes_.data() + read, bytes_.size() - read,
                                static_cast<off_t>(offset + read));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return base::SyscallError(errno, fmt::format("cannot read '{}'", path_));
      if (got == 0) break;  // it has become shorter
      read += static_cast<std::size_t>(got);
    }
    bytes_.resize(read);
    if (read < size) {
      return absl::OutOfRangeError(fmt::format("'{}' became shorter while it was read", path_));
    }
  }
  return std::span<const std::byte>(bytes_).subspan(offset - begin_, size);
}

}  // namespace heimdallr::imports
