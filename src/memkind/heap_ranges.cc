#include "memkind/heap_ranges.h"

#include <string.h>

#include "memkind/kernel.h"

namespace heimdallr::memory {
namespace {

constinit SpinLock g_lock;
constinit HeapRange* g_ranges = nullptr;
constinit std::size_t g_count = 0;
constinit std::size_t g_capacity = 0;

bool Grow() {
  const std::size_t capacity = g_capacity == 0 ? 512 : g_capacity * 2;
  auto* const ranges = static_cast<HeapRange*>(MapAnonymous(capacity * sizeof(HeapRange)));
  if (ranges == nullptr) return false;
  if (g_ranges != nullptr) {
    memcpy(static_cast<void*>(ranges), g_ranges, g_count * sizeof(HeapRange));
    Unmap(g_ranges, g_capacity * sizeof(HeapRange));
  }
  g_ranges = ranges;
  g_capacity = capacity;
  return true;
}

// Most often a mapping follows the one before in the file, and below it in memory it does not; the
// two are joined where both follow.
bool Join(const HeapRange& range) {
  if (g_count == 0) return false;
  HeapRange& last = g_ranges[g_count - 1];
  if (last.file != range.file || last.start + last.bytes != range.start ||
      last.offset + last.bytes != range.offset) {
    return false;
  }
  last.bytes += range.bytes;
  return true;
}

bool Append(const HeapRange& range) {
  if (Join(range)) return true;
  if (g_count == g_capacity && !Grow()) return false;
  g_ranges[g_count++] = range;
  return true;
}

}  // namespace

bool AddHeapRange(const HeapRange& range) {
  const Locked locked(g_lock);
  return Append(range);
}

void RemoveHeapRange(std::uintptr_t start, std::size_t bytes) {
  const Locked locked(g_lock);
  const std::uintptr_t end = start + bytes;
  for (std::size_t i = 0; i < g_count;) {
    HeapRange& range = g_ranges[i];
    const std::uintptr_t range_end = range.start + range.bytes;
    if (end <= range.start || range_end <= start) {
      ++i;
      continue;
    }
    const HeapRange whole = range;
    if (range.start < start) {
      range.bytes = start - range.start;
      ++i;
    } else {
      range = g_ranges[--g_count];  // looked at next
    }
    if (end < range_end) {
      const std::size_t skipped = end - whole.start;
      static_cast<void>(Append({end, range_end - end, whole.offset + skipped, whole.file, 0}));
    }
  }
}

std::span<HeapRange> HeapRanges() { return {g_ranges, g_count}; }

void ClearHeapRanges() {
  const Locked locked(g_lock);
  g_count = 0;
}

}  // namespace heimdallr::memory
