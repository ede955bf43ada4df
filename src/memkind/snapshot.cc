#include "memkind/snapshot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "memkind/heap_ranges.h"
#include "memkind/kernel.h"
#include "memkind/unnamed_file.h"

namespace heimdallr::memory {
namespace {

constexpr std::uint64_t kHugePage = std::uint64_t{2} << 20;

// One of the two, or neither for an empty heap.
struct Snapshot {
  int fd = -1;
  char* memory = nullptr;
  std::uint64_t bytes = 0;
};
constinit Snapshot g_snapshot{};

// Offsets in the copy: one range behind the other, each as far from a multiple of a huge page as
// its addresses are, so that huge pages stay possible.
std::uint64_t LayOut() {
  std::uint64_t end = 0;
  for (HeapRange& range : HeapRanges()) {
    const std::uint64_t shift = (range.start - end) % kHugePage;
    range.next_offset = end + shift;
    end = range.next_offset + range.bytes;
  }
  return end;
}

// The parts of a range that have data; in those of an older file, or of one the program has closed,
// all is taken for data. `copy(from, to_offset, bytes)` returns false to stop.
template <typename Copy>
bool CopyData(const HeapRange& range, bool file_known, const Copy& copy) {
  std::uint64_t at = range.offset;
  const std::uint64_t end = range.offset + range.bytes;
  while (at < end) {
    std::uint64_t data_end = end;
    if (file_known && range.file == g_heap_file.number) {
      const off_t data = lseek(g_heap_file.fd, static_cast<off_t>(at), SEEK_DATA);
      if (data < 0 && errno == ENXIO) return true;  // none behind
      if (data >= 0) {
        at = static_cast<std::uint64_t>(data);
        const off_t hole = lseek(g_heap_file.fd, data, SEEK_HOLE);
        if (hole >= 0 && static_cast<std::uint64_t>(hole) < end) {
          data_end = static_cast<std::uint64_t>(hole);
        }
      }
    }
    if (at >= end) return true;
    const std::uint64_t skipped = at - range.offset;
    if (!copy(reinterpret_cast<const char*>(range.start + skipped), range.next_offset + skipped,
              data_end - at)) {
      return false;
    }
    at = data_end;
  }
  return true;
}

bool WriteAll(int fd, const char* from, std::uint64_t offset, std::uint64_t bytes) {
  while (bytes > 0) {
    const long written = syscall(SYS_pwrite64, fd, from, bytes, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    from += written;
    offset += static_cast<std::uint64_t>(written);
    bytes -= static_cast<std::uint64_t>(written);
  }
  return true;
}

bool CopyIntoFile(int fd, bool file_known) {
  for (const HeapRange& range : HeapRanges()) {
    // All of it, so that writing to it later does not end the program where the disk is full.
    if (!AllocateFileSpace(fd, range.next_offset, range.bytes)) return false;
    if (!CopyData(range, file_known, [&](const char* from, std::uint64_t to, std::uint64_t bytes) {
          return WriteAll(fd, from, to, bytes);
        })) {
      return false;
    }
  }
  return true;
}

bool SnapshotInFile(const char* folder, bool file_known) {
  const int fd = MakeUnnamedFile(folder);
  if (fd < 0) return false;
  if (!CopyIntoFile(fd, file_known)) {
    syscall(SYS_close, fd);
    return false;
  }
  g_snapshot.fd = fd;
  return true;
}

bool SnapshotInMemory(bool file_known) {
  void* const memory =
      MapRaw(nullptr, g_snapshot.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  g_snapshot.memory = static_cast<char*>(memory);
  for (const HeapRange& range : HeapRanges()) {
    CopyData(range, file_known, [&](const char* from, std::uint64_t to, std::uint64_t bytes) {
      memcpy(g_snapshot.memory + to, from, bytes);
      return true;
    });
  }
  return true;
}

bool Replace(const HeapRange& range) {
  void* const start = reinterpret_cast<void*>(range.start);
  if (g_snapshot.fd >= 0) {
    return MapRaw(start, range.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, g_snapshot.fd,
                  static_cast<std::int64_t>(range.next_offset)) == start;
  }
  return syscall(SYS_mremap, g_snapshot.memory + range.next_offset, range.bytes, range.bytes,
                 MREMAP_MAYMOVE | MREMAP_FIXED, start) == static_cast<long>(range.start);
}

}  // namespace

bool TakeSnapshot(const char* folder) {
  const ErrnoKeeper keep_errno;
  g_snapshot = {};
  g_snapshot.bytes = LayOut();
  if (g_snapshot.bytes == 0) return true;
  const bool file_known = HeapFileIsOurs();
  return SnapshotInFile(folder, file_known) || SnapshotInMemory(file_known);
}

void DropSnapshot() {
  const ErrnoKeeper keep_errno;
  if (g_snapshot.fd >= 0) syscall(SYS_close, g_snapshot.fd);
  if (g_snapshot.memory != nullptr) Unmap(g_snapshot.memory, g_snapshot.bytes);
  g_snapshot = {};
}

bool UseSnapshot() {
  const ErrnoKeeper keep_errno;
  for (const HeapRange& range : HeapRanges()) {
    if (!Replace(range)) return false;
  }
  if (g_snapshot.fd >= 0) {
    UseHeapFile(g_snapshot.fd, g_snapshot.bytes);
    for (HeapRange& range : HeapRanges()) {
      range.offset = range.next_offset;
      range.file = g_heap_file.number;
    }
  } else {
    // Private memory is what a fork leaves alone. And the parent grows in its file: we must not.
    LeaveHeapFile();
    ClearHeapRanges();
  }
  g_snapshot = {};
  return true;
}

}  // namespace heimdallr::memory
