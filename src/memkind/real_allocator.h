// The allocator the program would have if this library were not there.
#pragma once

#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>

namespace heimdallr::memory {

/// Next definitions after this library: libc's, or those of an allocator the program brings. Looked
/// up at the first call of Real(); until then, and for what the look-up itself allocates, they lead
/// to a small arena whose blocks are never given back.
struct RealAllocator {
  void* (*malloc)(size_t);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void (*free)(void*);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*memalign)(size_t, size_t);
  size_t (*malloc_usable_size)(void*);
  void* (*mmap)(void*, size_t, int, int, int, off_t);
  int (*munmap)(void*, size_t);
  int (*madvise)(void*, size_t, int);
  int (*mkstemp)(char*);
  int (*posix_fallocate)(int, off_t, off_t);
  pid_t (*fork)();
  int (*pthread_key_create)(pthread_key_t*, void (*)(void*));
  int (*register_atfork)(void (*)(), void (*)(), void (*)(), void*);
};

/// Never fails; safe from any thread, at any time.
[[nodiscard]] const RealAllocator& Real();

/// Of the arena: such a block is foreign to every allocator.
[[nodiscard]] bool InArena(const void* block);
[[nodiscard]] size_t ArenaBlockSize(const void* block);

}  // namespace heimdallr::memory
