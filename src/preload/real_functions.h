// The functions the program would call if this library were not there.
#pragma once

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

namespace heimdallr::preload {

/// Next definitions of the interposed functions after this library: libc's, or those of an
/// allocator the program brings. They are looked up at the first call, before which each pointer
/// leads to a function that does so. `operator new` and `delete` have a table of their own
/// (real_operators.h).
struct RealFunctions {
  void* (*malloc)(size_t);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void* (*reallocarray)(void*, size_t, size_t);
  void (*free)(void*);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*aligned_alloc)(size_t, size_t);
  void* (*memalign)(size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
  size_t (*malloc_usable_size)(void*);
  void (*free_sized)(void*, size_t);
  void (*free_aligned_sized)(void*, size_t, size_t);
  void* (*mmap)(void*, size_t, int, int, int, off_t);
  int (*munmap)(void*, size_t);
  void* (*mremap)(void*, size_t, size_t, int, ...);
  int (*brk)(void*);
  void* (*sbrk)(intptr_t);
  void (*quick_exit)(int);
  void* (*dlopen)(const char*, int);
  void* (*dlmopen)(Lmid_t, const char*, int);
  int (*pthread_create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
};

extern RealFunctions g_real;

/// Looks all of them up, once.
void ResolveRealFunctions();

/// False while the calling thread looks them up: what libc allocates meanwhile is ours, not the
/// program's.
bool RealFunctionsKnown();

}  // namespace heimdallr::preload
