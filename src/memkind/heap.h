// The program's heap: blocks of the kind asked for, or of the real allocator where these cannot be
// had. Each function here is the general way of the malloc hooks and takes any pointer.
#pragma once

#include <cstddef>

#include "memkind/settings.h"

namespace heimdallr::memory {

struct ThreadCache;

/// Reads kMemoryVariable and makes the kind; until then, and without the variable, the real
/// allocator serves. Once, by the constructor of the library. A kind that cannot be had is told in
/// one line on stderr, unless there is the fallback.
void StartHeap();

/// memkind takes itself down next: what is allocated from now on comes from the real allocator, and
/// blocks of memkind stay what they are until the process is gone.
void StopHeap();

/// What was asked for; valid while the heap is file-backed or of a kind.
[[nodiscard]] const Settings& HeapSettings();
[[nodiscard]] bool HeapIsFileBacked();

/// As malloc, calloc, realloc, free and malloc_usable_size; nullptr and ENOMEM.
[[nodiscard]] void* Allocate(std::size_t size);
[[nodiscard]] void* AllocateZeroed(std::size_t bytes);
[[nodiscard]] void* Resize(void* block, std::size_t size);
void Free(void* block);
[[nodiscard]] std::size_t UsableSize(void* block);

/// As memalign; `alignment` is a power of two.
[[nodiscard]] void* AllocateAligned(std::size_t alignment, std::size_t size);

/// For the time of a call into libc: what libc allocates for itself comes from the real allocator,
/// where the heap is file-backed.
class LibcsOwn {
 public:
  LibcsOwn();
  ~LibcsOwn();
  LibcsOwn(const LibcsOwn&) = delete;
  LibcsOwn& operator=(const LibcsOwn&) = delete;

 private:
  ThreadCache* cache_;  // of the thread, set aside
  bool outer_;
};

/// Who has given the calling thread this block, just now.
enum class Served { kByRealAllocator, kAsAsked, kByFallback };
[[nodiscard]] Served ServedBy(const void* block);

}  // namespace heimdallr::memory
