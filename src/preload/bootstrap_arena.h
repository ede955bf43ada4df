// Memory for the calls that come while the real allocator is being looked up: dlsym may allocate.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heimdallr::preload {

inline constexpr std::size_t kArenaBytes = 64 * 1024;
alignas(64) extern char g_arena[kArenaBytes];

/// Zeroed memory that is never given back; nullptr when the arena is used up. `alignment` is a
/// power of two.
void* ArenaAllocate(std::size_t size, std::size_t alignment);

/// Bytes asked for when `block` was allocated.
std::size_t ArenaBlockSize(const void* block);

/// The block came from the arena: no allocator may see it.
inline bool InArena(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(g_arena) <
         kArenaBytes;
}

}  // namespace heimdallr::preload
