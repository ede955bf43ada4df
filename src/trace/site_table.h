// The sites of one block: a small dictionary of what successive records of a place in the program
// have in common.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "trace/format.h"

namespace heimdallr::trace {

/// A code address, and whatever else the kind of block puts into 64 bits.
struct SiteKey {
  std::uint64_t ip = 0;
  std::uint64_t traits = 0;
  friend bool operator==(const SiteKey&, const SiteKey&) = default;
};

struct Site {
  SiteKey key;
  std::uint64_t last_address = 0;
  std::uint64_t last_size = 0;
};

/// Up to kMaxBlockSites sites, numbered in the order of their first record.
class SiteTable {
 public:
  static constexpr std::uint32_t kFull = ~std::uint32_t{0};

  SiteTable() { slots_.fill(kEmpty); }

  /// The number of `key`'s site, or kFull when there is no room for a new one. A new site starts
  /// from `last_address`, the address of the record before.
  std::uint32_t Find(SiteKey key, std::uint64_t last_address) {
    std::size_t slot = Hash(key);
    while (slots_[slot] != kEmpty) {
      if (sites_[slots_[slot]].key == key) return slots_[slot];
      slot = (slot + 1) % kSlots;
    }
    if (sites_.size() == kMaxBlockSites) return kFull;
    slots_[slot] = static_cast<std::uint16_t>(sites_.size());
    sites_.push_back({.key = key, .last_address = last_address});
    return slots_[slot];
  }

  [[nodiscard]] Site& operator[](std::uint32_t site) { return sites_[site]; }
  [[nodiscard]] std::span<const Site> sites() const { return sites_; }

  void Clear() {
    sites_.clear();
    slots_.fill(kEmpty);
  }

 private:
  static constexpr std::size_t kSlots = 2 * std::size_t{kMaxBlockSites};
  static constexpr std::uint16_t kEmpty = 0xffff;

  static std::size_t Hash(SiteKey key) {
    // Multiplicative hashing; the constant is 2^64 / golden ratio. The top bits are the best mixed.
    const std::uint64_t mixed = (key.ip ^ (key.traits << 17) ^ key.traits) * 0x9e3779b97f4a7c15;
    return mixed >> 53;
  }
  static_assert(kSlots == std::size_t{1} << (64 - 53));

  std::array<std::uint16_t, kSlots> slots_;
  std::vector<Site> sites_;
};

}  // namespace heimdallr::trace
