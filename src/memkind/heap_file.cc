#include "memkind/heap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "memkind/heap_ranges.h"
#include "memkind/kernel.h"
#include "memkind/page_bytes.h"
#include "memkind/unnamed_file.h"

namespace heimdallr::memory {
namespace {

// Addresses and offsets are multiples of a huge page, so that a DAX file system can map one.
constexpr std::size_t kUsualAlignment = std::size_t{2} << 20;

struct Reservation {
  std::size_t bytes = 0;
  std::uint64_t offset = 0;
};

constinit const char* g_folder = nullptr;
constinit std::uint64_t g_limit = 0;
constinit SpinLock g_lock;           // of g_used
constinit std::uint64_t g_used = 0;  // bytes taken from the file system
constinit thread_local std::size_t t_alignment = 0;
constinit thread_local Reservation t_reserved{};

constexpr std::uint64_t RoundUp(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

bool TakeRoom(std::uint64_t bytes) {
  const Locked locked(g_lock);
  if (g_limit != 0 && (bytes > g_limit || g_used > g_limit - bytes)) return false;
  g_used += bytes;
  return true;
}

void GiveRoom(std::uint64_t bytes) {
  const Locked locked(g_lock);
  g_used = g_used > bytes ? g_used - bytes : 0;
}

// A place for a mapping: a part of a larger one that is kept from others meanwhile.
void* MapAligned(std::size_t bytes, std::size_t alignment, int fd, std::uint64_t offset) {
  const std::size_t span = bytes + alignment;
  void* const around =
      MapRaw(nullptr, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (around == MAP_FAILED) {
    // Where addresses are scarce, any will do, unless the program asked for these.
    return alignment > kUsualAlignment ? MAP_FAILED
                                       : MapRaw(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                                                fd, static_cast<std::int64_t>(offset));
  }
  const auto start = reinterpret_cast<std::uintptr_t>(around);
  const std::uintptr_t first = RoundUp(start, alignment);
  void* const mapped = MapRaw(reinterpret_cast<void*>(first), bytes, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_FIXED, fd, static_cast<std::int64_t>(offset));
  if (mapped == MAP_FAILED) {
    UnmapRaw(around, span);
    return MAP_FAILED;
  }
  if (first != start) UnmapRaw(around, first - start);
  const std::uintptr_t end = first + bytes;
  if (start + span != end) UnmapRaw(reinterpret_cast<void*>(end), start + span - end);
  return mapped;
}

}  // namespace

const char* StartHeapFile(const char* folder, std::uint64_t limit_bytes) {
  g_folder = folder;
  g_limit = limit_bytes;
  struct stat status {};
  if (stat(folder, &status) != 0) return strerrordesc_np(errno);
  if (!S_ISDIR(status.st_mode)) return "it is not a folder";
  if (!HeapFileReady(g_folder)) return strerrordesc_np(errno);
  return nullptr;
}

void SetFileAlignment(std::size_t alignment) { t_alignment = alignment; }

int ReserveInFile(std::size_t bytes) {
  if (!TakeRoom(bytes)) return ENOSPC;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!HeapFileReady(g_folder)) break;
    HeapFile& file = g_heap_file;
    const std::uint64_t offset =
        RoundUp(file.end, bytes >= kUsualAlignment ? kUsualAlignment : std::uint64_t{PageBytes()});
    if (AllocateFileSpace(file.fd, offset, bytes)) {
      file.end = offset + bytes;
      t_reserved = {bytes, offset};
      return 0;
    }
    // A file at its largest: the next one begins at 0.
    if (errno != EFBIG) break;
    LeaveHeapFile();
  }
  const int error = errno;
  GiveRoom(bytes);
  return error;
}

void* MapReserved(std::size_t bytes) {
  if (t_reserved.bytes != bytes) {
    errno = EINVAL;
    return MAP_FAILED;
  }
  const Reservation reserved = t_reserved;
  t_reserved = {};
  const std::size_t alignment = t_alignment > kUsualAlignment ? t_alignment : kUsualAlignment;
  void* const start = MapAligned(bytes, alignment, g_heap_file.fd, reserved.offset);
  if (start != MAP_FAILED && AddHeapRange({reinterpret_cast<std::uintptr_t>(start), bytes,
                                           reserved.offset, g_heap_file.number, 0})) {
    return start;
  }
  if (start != MAP_FAILED) UnmapRaw(start, bytes);
  PunchHole(g_heap_file.fd, reserved.offset, bytes);
  GiveRoom(bytes);
  errno = ENOMEM;
  return MAP_FAILED;
}

int RemoveFromFile(void* start, std::size_t bytes) {
  if (syscall(SYS_madvise, start, bytes, MADV_REMOVE) == 0) {
    GiveRoom(bytes);
    return 0;
  }
  if (errno == EOPNOTSUPP) errno = EINVAL;
  return -1;
}

void ForgetInFile(const void* start, std::size_t bytes) {
  RemoveHeapRange(reinterpret_cast<std::uintptr_t>(start), bytes);
}

}  // namespace heimdallr::memory
