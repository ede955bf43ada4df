#include "preload/bootstrap_arena.h"

#include <errno.h>

#include <atomic>

namespace heimdallr::preload {

alignas(64) char g_arena[kArenaBytes];

namespace {
constinit std::atomic<std::size_t> g_used{0};
}

void* ArenaAllocate(std::size_t size, std::size_t alignment) {
  if (alignment < alignof(std::max_align_t)) alignment = alignof(std::max_align_t);
  // In front of each block: its size, for realloc.
  const std::size_t span = size + alignment + sizeof(std::size_t);
  if (size > kArenaBytes || alignment > kArenaBytes) {
    errno = ENOMEM;
    return nullptr;
  }
  const std::size_t start = g_used.fetch_add(span, std::memory_order_relaxed);
  if (start > kArenaBytes - span || span > kArenaBytes) {
    errno = ENOMEM;
    return nullptr;
  }
  const auto first = reinterpret_cast<std::uintptr_t>(g_arena) + start + sizeof(std::size_t);
  const std::uintptr_t block = (first + alignment - 1) & ~(alignment - 1);
  reinterpret_cast<std::size_t*>(block)[-1] = size;
  return reinterpret_cast<void*>(block);
}

std::size_t ArenaBlockSize(const void* block) { return static_cast<const std::size_t*>(block)[-1]; }

}  // namespace heimdallr::preload
