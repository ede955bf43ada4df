#include "base/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::base {

absl::StatusOr<NewFile> NewFile::Create(const std::string& path) {
  std::error_code error;
  std::string target = std::filesystem::canonical(path, error).string();
  if (error) target = path;  // not there yet
  std::string temporary = target + ".XXXXXX";
  UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return SyscallError(errno, fmt::format("cannot write '{}'", path));
  // As any other new file, where mkostemp is for secrets.
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(fd.get(), 0666 & ~mask);
  return NewFile(std::move(fd), std::move(target), std::move(temporary));
}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status NewFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SyscallError(errno, fmt::format("cannot write '{}'", path_));
    }
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

// Synced before it gets its name: else the name may survive a loss of power, and the bytes not. A
// device or pipe cannot be synced, and needs not.
absl::Status NewFile::Commit() {
  if ((fsync(fd_.get()) != 0 && errno != EINVAL) || close(fd_.release()) != 0 ||
      std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return SyscallError(errno, fmt::format("cannot write '{}'", path_));
  }
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace heimdallr::base
