// The file behind a file-backed heap. memkind asks for it through libc (mkstemp, posix_fallocate,
// mmap, madvise, close), and this is what answers: memkind gets a number that is no descriptor, and
// the file is kept here, so that
// - a program that closes or replaces descriptors it did not open does no harm: the file is checked
//   before each use, and replaced by a new one when it is gone;
// - its size is limited to the byte;
// - at a fork what belongs to the heap is known.
//
// The file has no name, and is gone with the last process that maps it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace heimdallr::memory {

/// What memkind takes for the descriptor. No process has one of this number, so that closing it
/// closes nothing.
inline constexpr int kFileToken = 0x7fff'fffe;

/// Names the folder and checks that a file can be made there; nullptr, or why not. `limit_bytes` 0
/// = as much as there is room. `folder` must live on.
[[nodiscard]] const char* StartHeapFile(const char* folder, std::uint64_t limit_bytes);

/// For the next mappings of this thread: their addresses are multiples of this (0 = the usual).
void SetFileAlignment(std::size_t alignment);

/// posix_fallocate of memkind: takes room for `bytes`; an error number when there is none. The
/// mapping of this thread that follows uses it.
[[nodiscard]] int ReserveInFile(std::size_t bytes);

/// mmap of memkind: maps what was reserved. MAP_FAILED and errno.
[[nodiscard]] void* MapReserved(std::size_t bytes);

/// madvise(MADV_REMOVE) of memkind: gives the room back to the file system. 0, or -1 with errno
/// (never EOPNOTSUPP, for which memkind aborts).
[[nodiscard]] int RemoveFromFile(void* start, std::size_t bytes);

/// munmap of memkind, before it is done.
void ForgetInFile(const void* start, std::size_t bytes);

}  // namespace heimdallr::memory
