// Where and when memory is accessed, in cells that grow as they become many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "heimdallr/records.h"

namespace heimdallr::store {

/// Counts accesses by time and page. Begins with cells of one page and a millisecond; when there
/// are too many, cells are made twice as long or twice as high, so that memory is bounded and both
/// directions are about equally fine. Not thread-safe.
class HeatCells {
 public:
  static constexpr std::size_t kMost = 1 << 16;
  static constexpr std::uint64_t kTimeSteps = 512;  ///< about so many, where time is long enough

  struct Key {
    std::int32_t pid = 0;    ///< 0 of all, where there are thousands of processes
    std::uint64_t page = 0;  ///< address / page_bytes()
    std::uint64_t time = 0;  ///< ns / time_ns()

    friend auto operator<=>(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.pid, key.page, key.time);
    }
  };
  struct Cell {
    std::uint64_t loads = 0;  ///< a kLoadStore counts as one of each
    std::uint64_t stores = 0;
    std::uint64_t unknown = 0;
  };
  using Cells = absl::flat_hash_map<Key, Cell>;

  /// `page_bytes` is rounded up to a power of two.
  explicit HeatCells(std::uint64_t page_bytes);

  void Add(const AccessRecord& record) {
    Cell* cell = last_;
    if (cell == nullptr || KeyOf(record) != last_key_) cell = Find(record);
    cell->loads += record.kind == AccessKind::kLoad || record.kind == AccessKind::kLoadStore;
    cell->stores += record.kind == AccessKind::kStore || record.kind == AccessKind::kLoadStore;
    cell->unknown += record.kind == AccessKind::kUnknown;
  }

  [[nodiscard]] const Cells& cells() const { return cells_; }
  [[nodiscard]] std::uint64_t page_bytes() const { return std::uint64_t{1} << page_shift_; }
  [[nodiscard]] std::uint64_t time_ns() const { return std::uint64_t{1} << time_shift_; }

 private:
  [[nodiscard]] Key KeyOf(const AccessRecord& record) const {
    return {one_process_ ? 0 : record.pid, record.address >> page_shift_,
            record.time_ns >> time_shift_};
  }
  Cell* Find(const AccessRecord& record);
  void Coarsen();

  // Beyond these there is one cell for each process: the low half of memory and the other.
  static constexpr unsigned kMostShift = 62;

  Cells cells_;
  bool one_process_ = false;  // no longer apart: there are too many
  unsigned page_shift_;
  unsigned time_shift_ = 20;
  std::uint64_t last_time_ = 0;  // the latest of all keys
  Key last_key_;
  Cell* last_ = nullptr;
};

}  // namespace heimdallr::store
