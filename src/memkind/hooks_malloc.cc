// malloc and its relatives. operator new and delete of libstdc++ end here too.
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "channel/abi.h"
#include "memkind/export.h"
#include "memkind/heap.h"
#include "memkind/page_bytes.h"
#include "memkind/page_table.h"
#include "memkind/thread_cache.h"

using heimdallr::channel::MemoryCode;
using heimdallr::memory::g_pages;
using heimdallr::memory::Magazine;
using heimdallr::memory::PageMark;
using heimdallr::memory::Served;
using heimdallr::memory::t_cache;
using heimdallr::memory::ThreadCache;

namespace memory = heimdallr::memory;

namespace {

// From what the thread keeps, or nullptr.
[[gnu::always_inline]] inline void* TakeKept(size_t size) {
  ThreadCache* const cache = t_cache;
  if (cache == nullptr || size > memory::kMaxClassBytes) [[unlikely]]
    return nullptr;
  Magazine& magazine = cache->magazines[memory::ClassOf(size)];
  if (magazine.count == 0) [[unlikely]]
    return nullptr;
  return magazine.blocks[--magazine.count];
}

[[gnu::always_inline]] inline bool Keep(void* block) {
  ThreadCache* const cache = t_cache;
  if (cache == nullptr) [[unlikely]]
    return false;
  const PageMark mark = g_pages.Get(block);
  if (mark < memory::kFirstClass) [[unlikely]]
    return false;
  Magazine& magazine = cache->magazines[mark - memory::kFirstClass];
  if (magazine.count >= magazine.capacity) [[unlikely]]
    return false;
  magazine.blocks[magazine.count++] = block;
  return true;
}

bool IsPowerOfTwo(size_t value) { return value != 0 && (value & (value - 1)) == 0; }

// As glibc: an alignment that is none is rounded up to the next.
void* Memalign(size_t alignment, size_t size) {
  if (alignment > SIZE_MAX / 2 + 1) {
    errno = EINVAL;
    return nullptr;
  }
  while (!IsPowerOfTwo(alignment))
    alignment = alignment == 0 ? 1 : (alignment | (alignment - 1)) + 1;
  return memory::AllocateAligned(alignment, size);
}

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

}  // namespace

extern "C" {

HEIMDALLR_EXPORT void* malloc(size_t size) {
  if (void* const block = TakeKept(size); block != nullptr) [[likely]]
    return block;
  return memory::Allocate(size);
}

HEIMDALLR_EXPORT void free(void* block) {
  if (Keep(block)) [[likely]]
    return;
  memory::Free(block);
}

HEIMDALLR_EXPORT void* calloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return NoMemory();
  if (void* const block = TakeKept(bytes); block != nullptr) [[likely]] {
    return memset(block, 0, bytes);
  }
  return memory::AllocateZeroed(bytes);
}

HEIMDALLR_EXPORT void* realloc(void* block, size_t size) { return memory::Resize(block, size); }

HEIMDALLR_EXPORT void* reallocarray(void* block, size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return NoMemory();
  return memory::Resize(block, bytes);
}

HEIMDALLR_EXPORT void free_sized(void* block, size_t) {
  if (!Keep(block)) memory::Free(block);
}

HEIMDALLR_EXPORT void free_aligned_sized(void* block, size_t, size_t) {
  if (!Keep(block)) memory::Free(block);
}

HEIMDALLR_EXPORT int posix_memalign(void** result, size_t alignment, size_t size) {
  if (!IsPowerOfTwo(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  const int saved_errno = errno;
  void* const block = memory::AllocateAligned(alignment, size);
  errno = saved_errno;
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

HEIMDALLR_EXPORT void* aligned_alloc(size_t alignment, size_t size) {
  return Memalign(alignment, size);
}

HEIMDALLR_EXPORT void* memalign(size_t alignment, size_t size) { return Memalign(alignment, size); }

HEIMDALLR_EXPORT void* valloc(size_t size) {
  return memory::AllocateAligned(memory::PageBytes(), size);
}

HEIMDALLR_EXPORT void* pvalloc(size_t size) {
  const size_t page = memory::PageBytes();
  if (size > SIZE_MAX - page) return NoMemory();
  return memory::AllocateAligned(page, (size + page - 1) & ~(page - 1));
}

HEIMDALLR_EXPORT size_t malloc_usable_size(void* block) { return memory::UsableSize(block); }

/// For the interposer: the MemoryCode of a block that this thread has just been given.
HEIMDALLR_EXPORT uint64_t heimdallr_memory_of(const void* block) {
  switch (memory::ServedBy(block)) {
    case Served::kAsAsked:
      return static_cast<uint64_t>(MemoryCode::kAsked);
    case Served::kByFallback:
      return static_cast<uint64_t>(MemoryCode::kFallback);
    case Served::kByRealAllocator:
      break;
  }
  return static_cast<uint64_t>(MemoryCode::kDefault);
}

}  // extern "C"
