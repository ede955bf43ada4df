// Sizes that blocks are rounded up to: those of memkind's jemalloc from 16 bytes on, so that a
// block asked for by its class is not rounded again. (jemalloc has a class of 8 bytes too; malloc
// promises an alignment of 16.)
#pragma once

#include <cstddef>
#include <cstdint>

namespace heimdallr::memory {

/// Blocks up to here are kept in the thread's cache.
inline constexpr std::size_t kMaxClassBytes = 32 * 1024;
inline constexpr unsigned kClassCount = 40;
inline constexpr unsigned kNoClass = ~0U;

/// Blocks of classes up to here lie in slabs of their own size that start at a page: they are
/// aligned to what divides their size. Above, jemalloc spreads blocks by cache lines.
inline constexpr std::size_t kMaxSlabClassBytes = 14 * 1024;

/// Class of a block of `size` bytes, at most kMaxClassBytes: 16 bytes apart up to 128, then four
/// classes for each doubling.
constexpr unsigned ClassOf(std::size_t size) {
  if (size == 0) size = 1;
  if (size <= 128) return static_cast<unsigned>((size - 1) >> 4);
  const unsigned log = 63U - static_cast<unsigned>(__builtin_clzll(size - 1));
  return 8 + (log - 7) * 4 + static_cast<unsigned>(((size - 1) >> (log - 2)) & 3);
}

constexpr std::size_t ClassBytes(unsigned size_class) {
  if (size_class < 8) return (size_class + std::size_t{1}) * 16;
  const unsigned group = (size_class - 8) / 4;
  return (std::size_t{128} << group) + ((size_class - 8) % 4 + 1) * (std::size_t{32} << group);
}
static_assert(ClassBytes(kClassCount - 1) == kMaxClassBytes);

/// Class whose blocks have exactly `size` bytes, or kNoClass.
constexpr unsigned ExactClass(std::size_t size) {
  if (size == 0 || size > kMaxClassBytes) return kNoClass;
  const unsigned size_class = ClassOf(size);
  return ClassBytes(size_class) == size ? size_class : kNoClass;
}

/// Smallest class of at least `size` bytes whose blocks are all aligned to `alignment`, a power of
/// two; kNoClass when none is.
constexpr unsigned AlignedClass(std::size_t alignment, std::size_t size) {
  if (size > kMaxSlabClassBytes) return kNoClass;
  for (unsigned c = ClassOf(size); ClassBytes(c) <= kMaxSlabClassBytes; ++c) {
    if (ClassBytes(c) % alignment == 0 && alignment <= 4096) return c;
  }
  return kNoClass;
}

}  // namespace heimdallr::memory
