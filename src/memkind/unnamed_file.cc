#include "memkind/unnamed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <atomic>

#include "memkind/kernel.h"

namespace heimdallr::memory {

constinit HeapFile g_heap_file{};

namespace {

// What is left below the limit of descriptors, where few programs look.
constexpr int kFromTop = 16;

int MoveUp(int fd) {
  rlimit limit{};
  const bool known = syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &limit) == 0;
  constexpr rlim_t kHighest = 1 << 20;
  const auto top =
      static_cast<int>(!known || limit.rlim_cur > kHighest ? kHighest : limit.rlim_cur);
  for (int from = top - kFromTop; from > fd; from /= 2) {
    const long moved = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from);
    if (moved < 0) continue;
    syscall(SYS_close, fd);
    return static_cast<int>(moved);
  }
  return fd;
}

int OpenRaw(const char* path, int flags) {
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, 0600));
}

// For file systems without O_TMPFILE.
int MakeAndUnlink(const char* folder) {
  static constinit std::atomic<std::uint32_t> count{0};
  char path[4096];
  for (int attempt = 0; attempt < 100; ++attempt) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int length = snprintf(path, sizeof(path), "%s/heimdallr-heap-%d-%ld-%u", folder,
                                static_cast<int>(getpid()), now.tv_nsec, count.fetch_add(1));
    if (length < 0 || static_cast<std::size_t>(length) >= sizeof(path)) {
      errno = ENAMETOOLONG;
      return -1;
    }
    const int fd = OpenRaw(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC);
    if (fd >= 0) syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

bool FillWithZeros(int fd, std::uint64_t offset, std::uint64_t bytes) {
  static constexpr char kZeros[64 * 1024] = {};
  while (bytes > 0) {
    const std::uint64_t piece = bytes < sizeof(kZeros) ? bytes : sizeof(kZeros);
    const long written = syscall(SYS_pwrite64, fd, kZeros, piece, offset);
    if (written <= 0) return false;
    offset += static_cast<std::uint64_t>(written);
    bytes -= static_cast<std::uint64_t>(written);
  }
  return true;
}

// Writing beyond it would raise a signal that ends the program.
bool BeyondFileSizeLimit(std::uint64_t end) {
  rlimit limit{};
  return syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, nullptr, &limit) == 0 &&
         limit.rlim_cur != RLIM_INFINITY && end > limit.rlim_cur;
}

}  // namespace

bool HeapFileIsOurs() {
  struct stat status {};
  return g_heap_file.fd >= 0 && fstat(g_heap_file.fd, &status) == 0 &&
         status.st_dev == g_heap_file.device && status.st_ino == g_heap_file.inode;
}

bool HeapFileReady(const char* folder) {
  if (HeapFileIsOurs()) return true;
  const int fd = MakeUnnamedFile(folder);
  if (fd < 0) return false;
  g_heap_file.fd = -1;  // not ours to close
  UseHeapFile(fd, 0);
  return true;
}

void LeaveHeapFile() {
  if (HeapFileIsOurs()) syscall(SYS_close, g_heap_file.fd);
  g_heap_file.fd = -1;
}

void UseHeapFile(int fd, std::uint64_t end) {
  LeaveHeapFile();
  struct stat status {};
  fstat(fd, &status);
  g_heap_file = {fd, status.st_dev, status.st_ino, end, g_heap_file.number + 1};
}

int MakeUnnamedFile(const char* folder) {
  int fd = OpenRaw(folder, O_TMPFILE | O_RDWR | O_CLOEXEC);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    fd = MakeAndUnlink(folder);
  }
  return fd < 0 ? -1 : MoveUp(fd);
}

bool AllocateFileSpace(int fd, std::uint64_t offset, std::uint64_t bytes) {
  if (BeyondFileSizeLimit(offset + bytes)) {
    errno = EFBIG;
    return false;
  }
  long result = 0;
  do {
    result = syscall(SYS_fallocate, fd, 0, offset, bytes);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return true;
  return (errno == EOPNOTSUPP || errno == ENOSYS) && FillWithZeros(fd, offset, bytes);
}

void PunchHole(int fd, std::uint64_t offset, std::uint64_t bytes) {
  syscall(SYS_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes);
}

}  // namespace heimdallr::memory
