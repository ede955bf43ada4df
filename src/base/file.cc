#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include <fmt/format.h>

#include "base/syscall_error.h"
#include "base/unique_fd.h"

namespace heimdallr::base {
namespace {

constexpr std::size_t kLargest = 16U << 20;

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return SyscallError(errno, fmt::format("cannot open '{}'", path));

  std::string text;
  std::size_t used = 0;
  while (true) {
    if (used > kLargest) {
      return absl::OutOfRangeError(fmt::format("'{}' is larger than 16 MiB", path));
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

}  // namespace heimdallr::base
