#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include <fmt/format.h>

#include "base/syscall_error.h"
#include "base/unique_fd.h"

namespace heimdallr::base {
namespace {

absl::StatusOr<std::string> ReadAll(const UniqueFd& file, const std::string& path,
                                    std::size_t max_bytes) {
  std::string text;
  std::size_t used = 0;
  while (true) {
    if (used > max_bytes) {
      return absl::OutOfRangeError(
          fmt::format("'{}' is larger than {} MiB", path, max_bytes >> 20));
    }
    text.resize(std::max<std::size_t>(4096, 2 * used));
    const ssize_t got = read(file.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SyscallError(errno, fmt::format("cannot read '{}'", path));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return SyscallError(errno, fmt::format("cannot open '{}'", path));
  return ReadAll(file, path, max_bytes);
}

absl::StatusOr<std::string> ReadOwnFile(const std::string& path, std::size_t max_bytes) {
  // Neither waits for a pipe nor follows a link that somebody laid there.
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file.valid()) return SyscallError(errno, fmt::format("cannot open '{}'", path));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    return SyscallError(errno, fmt::format("cannot examine '{}'", path));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("'{}' is no regular file", path));
  }
  if (status.st_uid != geteuid() && status.st_uid != 0) {
    return absl::PermissionDeniedError(fmt::format("'{}' belongs to another user", path));
  }
  return ReadAll(file, path, max_bytes);
}

}  // namespace heimdallr::base
