// The calls by which memkind takes memory from the kernel. What comes from anyone else passes
// through.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memkind/environment.h"
#include "memkind/export.h"
#include "memkind/heap.h"
#include "memkind/heap_file.h"
#include "memkind/kernel.h"
#include "memkind/memkind_call.h"
#include "memkind/page_table.h"
#include "memkind/real_allocator.h"

using heimdallr::memory::ForgetInFile;
using heimdallr::memory::g_pages;
using heimdallr::memory::InsideMemkind;
using heimdallr::memory::kFileToken;
using heimdallr::memory::kForeignPage;
using heimdallr::memory::Real;

namespace memory = heimdallr::memory;

namespace {

void* MapForMemkind(void* hint, size_t size, int protection, int flags, int fd, off_t offset) {
  void* const start = fd == kFileToken ? memory::MapReserved(size)
                                       : Real().mmap(hint, size, protection, flags, fd, offset);
  if (start == MAP_FAILED || g_pages.Add(start, size)) return start;
  if (fd == kFileToken) {
    static_cast<void>(memory::RemoveFromFile(start, size));  // nothing more can be done
    ForgetInFile(start, size);
  }
  memory::UnmapRaw(start, size);
  errno = ENOMEM;
  return MAP_FAILED;
}

// At the end of the process memkind destroys its heaps, while destructors of the program still read
// their blocks.
bool MustStay(const void* start) {
  return memory::MemkindIsClosedForExit() && g_pages.Get(start) != kForeignPage;
}

// memkind ends the process where these have a value it does not like.
bool IsNumberFromOne(const char* text) {
  char* end = nullptr;
  errno = 0;
  const long number = strtol(text, &end, 10);
  return end != text && *end == '\0' && errno == 0 && number >= 1 && number <= 4096;
}

// Its heap for itself is one, made at the start, and threads have no cache in it. Else each thread
// makes both when it first allocates, and without checking that there is memory for them: where
// addresses are limited that ended the process.
constexpr char kJemallocSettings[] = "narenas:1,tcache:false";

bool WouldAbort(const char* name, const char* value) {
  if (strcmp(name, "MEMKIND_ARENA_NUM_PER_KIND") == 0 ||
      strcmp(name, "MEMKIND_BACKGROUND_THREAD_LIMIT") == 0) {
    return !IsNumberFromOne(value);
  }
  // TBB would be loaded, which allocates behind our back.
  return strcmp(name, "MEMKIND_HEAP_MANAGER") == 0;
}

}  // namespace

extern "C" {

HEIMDALLR_EXPORT void* mmap(void* hint, size_t size, int protection, int flags, int fd,
                            off_t offset) noexcept {
  if (InsideMemkind()) return MapForMemkind(hint, size, protection, flags, fd, offset);
  return Real().mmap(hint, size, protection, flags, fd, offset);
}

HEIMDALLR_EXPORT void* mmap64(void* hint, size_t size, int protection, int flags, int fd,
                              off64_t offset) noexcept {
  return mmap(hint, size, protection, flags, fd, offset);
}

HEIMDALLR_EXPORT int munmap(void* start, size_t size) noexcept {
  if (MustStay(start)) return 0;
  if (InsideMemkind()) {
    // First: the addresses may be another thread's right after the call.
    g_pages.Remove(start, size);
    ForgetInFile(start, size);
  }
  return Real().munmap(start, size);
}

HEIMDALLR_EXPORT int madvise(void* start, size_t size, int advice) noexcept {
  if (MustStay(start)) return 0;
  if (InsideMemkind() && advice == MADV_REMOVE) return memory::RemoveFromFile(start, size);
  return Real().madvise(start, size, advice);
}

HEIMDALLR_EXPORT int mkstemp(char* path) {
  if (!InsideMemkind()) return Real().mkstemp(path);
  // memkind removes the name next: one that nobody uses.
  if (const size_t length = strlen(path); length >= 6) memset(path + length - 6, '-', 6);
  return kFileToken;
}

HEIMDALLR_EXPORT int posix_fallocate(int fd, off_t offset, off_t size) {
  if (InsideMemkind() && fd == kFileToken) return memory::ReserveInFile(static_cast<size_t>(size));
  return Real().posix_fallocate(fd, offset, size);
}

HEIMDALLR_EXPORT char* secure_getenv(const char* name) noexcept {
  if (strcmp(name, "JEMK_MALLOC_CONF") == 0) return const_cast<char*>(kJemallocSettings);
  const char* const value = memory::EnvironmentValue(name);
  if (value == nullptr || strncmp(name, "MEMKIND_", 8) != 0 || !WouldAbort(name, value)) {
    return const_cast<char*>(value);
  }
  return nullptr;
}

}  // extern "C"
