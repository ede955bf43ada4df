// Which memory served a block, for its record. It is asked of libheimdallr-memkind.so, where that
// is loaded behind this library.
#pragma once

#include <cstdint>

#include "channel/abi.h"

namespace heimdallr::preload {

/// MemoryCode of a block that the calling thread has just been given; nullptr without that library.
/// Known once the real functions are resolved.
using MemoryOf = std::uint64_t (*)(const void* block);
extern MemoryOf g_memory_of;

/// Looks it up. Part of ResolveRealFunctions.
void ResolveMemoryTag();

/// The size of a heap block as its record holds it. A failed allocation (nullptr) has no tag.
[[gnu::always_inline]] inline std::uint64_t TaggedSize(const void* block, std::uint64_t size) {
  if (g_memory_of == nullptr || block == nullptr) [[likely]]
    return size;
  return (size & channel::kSizeMask) | g_memory_of(block) << channel::kMemoryShift;
}

}  // namespace heimdallr::preload
