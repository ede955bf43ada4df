#include "topology/heap_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "base/unique_fd.h"

namespace heimdallr::topology {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

absl::Status CannotUse(const std::string& folder, int error) {
  return base::SyscallError(error, fmt::format("cannot make a heap in '{}'", folder));
}

// File systems without O_TMPFILE get a name that goes at once.
base::UniqueFd MakeUnnamedFile(const std::string& folder) {
  base::UniqueFd file(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid() || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
  std::string path = folder + "/heimdallr-heap-XXXXXX";
  file = base::UniqueFd(mkostemp(path.data(), O_CLOEXEC));
  if (file.valid()) unlink(path.c_str());
  return file;
}

bool IsOnDax(const base::UniqueFd& file) {
  struct statx status {};
  if (statx(file.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0) return false;
  if ((status.stx_attributes_mask & STATX_ATTR_DAX) != 0) {
    return (status.stx_attributes & STATX_ATTR_DAX) != 0;
  }
  const auto mountinfo = base::ReadSmallFile("/proc/self/mountinfo");
  return mountinfo.ok() &&
         IsMountedWithDax(*mountinfo, makedev(status.stx_dev_major, status.stx_dev_minor));
}

// The next word of `line`, taken off it.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool HasOption(std::string_view options, std::string_view option) {
  while (!options.empty()) {
    const std::size_t end = std::min(options.find(','), options.size());
    if (options.substr(0, end) == option) return true;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return false;
}

// "36 35 98:0 / /mnt rw,noatime master:1 - ext4 /dev/pmem0 rw,dax": proc(5).
bool LineHasDax(std::string_view line, std::string_view device) {
  TakeWord(line);
  TakeWord(line);
  if (TakeWord(line) != device) return false;
  constexpr std::string_view kMark = " - ";
  const std::size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return false;
  line.remove_prefix(mark + kMark.size());
  TakeWord(line);
  TakeWord(line);
  return HasOption(line, "dax") || HasOption(line, "dax=always");
}

}  // namespace

absl::StatusOr<HeapFolder> TryHeapFolder(const std::string& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return CannotUse(folder, errno);
  if (!S_ISDIR(status.st_mode)) return CannotUse(folder, ENOTDIR);
  const base::UniqueFd file = MakeUnnamedFile(folder);
  if (!file.valid()) return CannotUse(folder, errno);
  int error = 0;
  do {
    error = fallocate(file.get(), 0, 0, kMinHeapBytes) == 0 ? 0 : errno;
  } while (error == EINTR);
  if (error == ENOSPC || error == EDQUOT) {
    return absl::ResourceExhaustedError(
        fmt::format("'{}' has no room for a heap: not even {} MiB", folder, kMinHeapBytes >> 20));
  }
  if (error != 0 && error != EOPNOTSUPP && error != ENOSYS) return CannotUse(folder, error);

  struct statvfs space {};
  if (fstatvfs(file.get(), &space) != 0) return CannotUse(folder, errno);
  // A tmpfs without a limit says 0 of all.
  const std::uint64_t free_bytes =
      space.f_blocks == 0 ? kNoLimit
                          : std::uint64_t{space.f_bavail} * space.f_frsize +
                                (error == 0 ? kMinHeapBytes : 0);  // what the trial took
  return HeapFolder{.free_bytes = free_bytes, .on_dax = IsOnDax(file)};
}

bool IsMountedWithDax(std::string_view mountinfo, dev_t device) {
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  while (!mountinfo.empty()) {
    const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
    if (LineHasDax(mountinfo.substr(0, end), wanted)) return true;
    mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
  }
  return false;
}

}  // namespace heimdallr::topology
