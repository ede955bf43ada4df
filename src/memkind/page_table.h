// Whose memory an address is: a byte for each 4 KiB page of the address space. memkind must never
// see a pointer it does not know, it would crash; so this is looked at first.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heimdallr::memory {

/// What is known of a page, and of the blocks that start in it.
using PageMark = std::uint8_t;
inline constexpr PageMark kForeignPage = 0;  // not memkind's
inline constexpr PageMark kOwnPage = 1;      // memkind's; the size of its blocks is not known
inline constexpr PageMark kFirstClass = 2;   // + class: blocks that start here have that class

/// Covers 48 bits of addresses, all that kernels give out unless asked for more (x86-64 and POWER:
/// 47, ARM: 48); addresses beyond are foreign. Reading takes no lock and may be done while another
/// thread writes: a page that a live block is in does not change its owner.
class PageTable {
 public:
  [[nodiscard]] PageMark Get(const void* address) const {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    if (value >> kAddressBits != 0) [[unlikely]]
      return kForeignPage;
    // Acquire: the leaf is zeroed memory.
    const Leaf* const leaf = leaves_[value >> kLeafBits].load(std::memory_order_acquire);
    if (leaf == nullptr) [[unlikely]]
      return kForeignPage;
    return leaf->marks[PageIndex(value)].load(std::memory_order_relaxed);
  }

  /// For a page that is memkind's: its leaf exists.
  void Set(const void* address, PageMark mark) {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    Leaf* const leaf = leaves_[value >> kLeafBits].load(std::memory_order_acquire);
    leaf->marks[PageIndex(value)].store(mark, std::memory_order_relaxed);
  }

  /// Marks all pages of a mapping as memkind's. False when there is no memory for the table, or the
  /// addresses are beyond it.
  [[nodiscard]] bool Add(const void* start, std::size_t size);

  /// Marks them as foreign. Before they are given back to the kernel.
  void Remove(const void* start, std::size_t size);

  /// Bytes from `address` to the end of memkind's pages around it, at most `limit`.
  [[nodiscard]] std::size_t OwnBytesFrom(const void* address, std::size_t limit) const;

 private:
  static constexpr int kAddressBits = 48;
  static constexpr int kLeafBits = 30;  // a leaf is 256 KiB and stands for 1 GiB
  static constexpr int kPageBits = 12;
  static constexpr std::size_t kLeafPages = std::size_t{1} << (kLeafBits - kPageBits);
  struct Leaf {
    std::atomic<PageMark> marks[kLeafPages];
  };

  static std::size_t PageIndex(std::uintptr_t address) {
    return (address >> kPageBits) & (kLeafPages - 1);
  }
  Leaf* MakeLeaf(std::size_t index);

  // Zero until touched: 2 MiB of addresses, a page or two of memory.
  std::atomic<Leaf*> leaves_[std::size_t{1} << (kAddressBits - kLeafBits)];
};

extern PageTable g_pages;

}  // namespace heimdallr::memory
