// Finds the innermost of nested intervals at an address.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace heimdallr::process {

/// [begin, end) with a number of the caller's.
struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t id = 0;
};

/// Intervals of any order, overlap and nesting, cut into pieces once so that each search is one
/// binary search.
class IntervalIndex {
 public:
  IntervalIndex() = default;

  /// Of several intervals at one address the one that begins last is on top; of those that begin
  /// together, the later one in `intervals`. Empty intervals are left out.
  explicit IntervalIndex(std::vector<Interval> intervals);

  /// The id of the topmost interval that holds `address`.
  [[nodiscard]] std::optional<std::uint32_t> Find(std::uint64_t address) const;

 private:
  struct Piece {
    std::uint64_t begin;
    std::uint32_t id;  // kNone between intervals
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  void Append(std::uint64_t begin, std::uint32_t id);
  void CloseUntil(std::uint64_t limit, std::vector<Interval>& open);

  std::vector<Piece> pieces_;  // ascending; each reaches to the next
};

}  // namespace heimdallr::process
