// Which addresses are mapped from which part of the heap's files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace heimdallr::memory {

struct HeapRange {
  std::uintptr_t start = 0;
  std::size_t bytes = 0;
  std::uint64_t offset = 0;       // in the file
  std::uint32_t file = 0;         // HeapFile::number
  std::uint64_t next_offset = 0;  // in the file that a forked child takes over
};

/// Adds a range that is not there; false when there is no memory for it.
[[nodiscard]] bool AddHeapRange(const HeapRange& range);

/// Takes these addresses out of whatever ranges they are in. In the rare case that this splits a
/// range and there is no memory for the second part, the part before is kept alone.
void RemoveHeapRange(std::uintptr_t start, std::size_t bytes);

/// All of them, for the thread that forks, while no other is in memkind.
[[nodiscard]] std::span<HeapRange> HeapRanges();

/// Forgets all.
void ClearHeapRanges();

}  // namespace heimdallr::memory
