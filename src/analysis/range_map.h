// Disjoint address ranges, each with a value.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

namespace heimdallr::analysis {

/// Half-open ranges [start, end) of addresses. What is assigned replaces what was there; ranges are
/// cut where they are only partly replaced or erased. Logarithmic in the number of ranges.
template <typename Value>
class RangeMap {
 public:
  /// Gives [start, end) the value; start < end.
  void Assign(std::uint64_t start, std::uint64_t end, const Value& value) {
    Erase(start, end, [](std::uint64_t, std::uint64_t, const Value&) {});
    ranges_.emplace(start, Range{end, value});
  }

  /// Takes [start, end) out. `removed(from, to, value)` is called for each piece that
  /// was there.
  template <typename Removed>
  void Erase(std::uint64_t start, std::uint64_t end, Removed&& removed) {
    auto at = ranges_.lower_bound(start);
    if (at != ranges_.begin()) {
      if (const auto before = std::prev(at); before->second.end > start) {
        at = ranges_.emplace_hint(at, start, before->second);
        before->second.end = start;
      }
    }
    while (at != ranges_.end() && at->first < end) {
      const Range range = at->second;
      const std::uint64_t from = at->first;
      at = ranges_.erase(at);
      if (range.end > end) ranges_.emplace_hint(at, end, range);
      removed(from, range.end < end ? range.end : end, range.value);
    }
  }

  /// The value at `address`, or nullptr. Valid until the map changes.
  [[nodiscard]] const Value* Find(std::uint64_t address) const {
    const auto above = ranges_.upper_bound(address);
    if (above == ranges_.begin()) return nullptr;
    const Range& range = std::prev(above)->second;
    return address < range.end ? &range.value : nullptr;
  }

  struct Piece {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    Value value;
  };

  /// The range that holds `address`.
  [[nodiscard]] std::optional<Piece> FindPiece(std::uint64_t address) const {
    const auto above = ranges_.upper_bound(address);
    if (above == ranges_.begin()) return std::nullopt;
    const auto& [start, range] = *std::prev(above);
    if (address >= range.end) return std::nullopt;
    return Piece{start, range.end, range.value};
  }

  /// The first range that begins above `address`.
  [[nodiscard]] std::optional<Piece> FindAbove(std::uint64_t address) const {
    const auto above = ranges_.upper_bound(address);
    if (above == ranges_.end()) return std::nullopt;
    return Piece{above->first, above->second.end, above->second.value};
  }

  [[nodiscard]] bool Overlaps(std::uint64_t start, std::uint64_t end) const {
    const auto above = ranges_.lower_bound(end);
    return above != ranges_.begin() && std::prev(above)->second.end > start;
  }

  [[nodiscard]] std::size_t size() const { return ranges_.size(); }

 private:
  struct Range {
    std::uint64_t end = 0;
    Value value;
  };

  std::map<std::uint64_t, Range> ranges_;  // by start
};

}  // namespace heimdallr::analysis
