// Files without a name, and the one that the heap grows in. Safe in the child of a fork.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace heimdallr::memory {

/// The file that grows now. Older ones stay mapped, and are known by their numbers.
struct HeapFile {
  int fd = -1;
  dev_t device = 0;       // with inode: what the descriptor was, as a program may close it and open
  ino_t inode = 0;        // another one with its number
  std::uint64_t end = 0;  // where it grows next
  std::uint32_t number = 0;
};

/// Changed by one thread at a time: memkind holds a lock where it asks for room, and at a fork none
/// is inside.
extern HeapFile g_heap_file;

/// The descriptor is still that of our file.
[[nodiscard]] bool HeapFileIsOurs();

/// The file is there, or a new one has been made; else false with errno.
[[nodiscard]] bool HeapFileReady(const char* folder);

/// Growth goes on in another file, to be made when it is needed; this one is closed.
void LeaveHeapFile();

/// Growth goes on in `fd`, which becomes ours, from `end` on.
void UseHeapFile(int fd, std::uint64_t end);

/// A new file without a name; its descriptor is a large number (programs give small ones a meaning)
/// and does not pass on to other programs. -1 with errno.
[[nodiscard]] int MakeUnnamedFile(const char* folder);

/// Room in a file, by fallocate(2) or by writing where the file system has none. False with errno.
[[nodiscard]] bool AllocateFileSpace(int fd, std::uint64_t offset, std::uint64_t bytes);
void PunchHole(int fd, std::uint64_t offset, std::uint64_t bytes);

}  // namespace heimdallr::memory
