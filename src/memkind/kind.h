// The memory that was asked for, as memkind has it. To be called within a MemkindCall alone.
#pragma once

#include <cstddef>

#include "memkind/page_table.h"
#include "memkind/settings.h"

namespace heimdallr::memory {

/// Makes the kind that `settings` name; nullptr, or why it cannot be had, as the end of a line of
/// text. Never ends the process, as memkind does for some causes: those are looked at first.
[[nodiscard]] const char* OpenKind(const Settings& settings);

/// Block of at least `size` bytes (not 0), its page marked; nullptr when there is no room.
[[nodiscard]] void* KindAllocate(std::size_t size);
/// The same, all zeros.
[[nodiscard]] void* KindAllocateZeroed(std::size_t size);
/// Aligned to a power of two.
[[nodiscard]] void* KindAllocateAligned(std::size_t alignment, std::size_t size);

/// Another size for a block, maybe elsewhere; nullptr when there is no room: the block stays.
[[nodiscard]] void* KindResize(void* block, std::size_t size);
void KindFree(void* block);
[[nodiscard]] std::size_t KindUsableSize(void* block);

/// Makes one piece of what lies free in pieces, which memkind puts off for seconds, and gives it
/// back to where it came from. False when nothing has been freed since the last time.
bool KindPurge();

}  // namespace heimdallr::memory
