// Which parts of which address spaces occur at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

namespace heimdallr::report {

inline constexpr unsigned kPageShift = 12;

/// Pages [first, end) of a process: numbers of 4 KiB pages.
struct PageRange {
  std::uint32_t process = 0;
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::uint64_t accesses = 0;  ///< to these pages, where they were counted

  [[nodiscard]] std::uint64_t pages() const { return end - first; }
  friend bool operator==(const PageRange&, const PageRange&) = default;
};

/// A set of pages with the accesses to each. Memory is bounded: with more than `most` pages they
/// are taken together by four, as often as needed. Not thread-safe.
class TouchedPages {
 public:
  explicit TouchedPages(std::size_t most = 1 << 20) : most_(most) {}

  void Add(std::uint32_t process, std::uint64_t address) {
    const Key key{process, address >> shift_};
    if (key != last_) {
      const auto [entry, is_new] = pages_.try_emplace(key, 0);
      last_ = key;
      last_count_ = &entry->second;
      if (is_new && pages_.size() > most_) {
        ++*last_count_;
        Coarsen();
        return;
      }
    }
    ++*last_count_;
  }

  /// By process and address; neighbours joined.
  [[nodiscard]] std::vector<PageRange> Ranges() const;

 private:
  using Key = std::pair<std::uint32_t, std::uint64_t>;
  static constexpr Key kNoKey{0xffffffff, ~std::uint64_t{0}};

  void Coarsen();

  std::size_t most_;
  unsigned shift_ = kPageShift;
  absl::flat_hash_map<Key, std::uint64_t> pages_;  // accesses
  Key last_{kNoKey};
  std::uint64_t* last_count_ = nullptr;  // of last_
};

/// Sorts and joins ranges that overlap, or lie at most `gap` pages apart in one process. Accesses
/// are added up.
[[nodiscard]] std::vector<PageRange> Joined(std::vector<PageRange> ranges, std::uint64_t gap);

}  // namespace heimdallr::report
