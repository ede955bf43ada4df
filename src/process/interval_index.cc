#include "process/interval_index.h"

#include <algorithm>
#include <cstddef>

namespace heimdallr::process {

IntervalIndex::IntervalIndex(std::vector<Interval> intervals) {
  std::stable_sort(intervals.begin(), intervals.end(),
                   [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<Interval> open;
  for (const Interval& interval : intervals) {
    if (interval.end <= interval.begin) continue;
    CloseUntil(interval.begin, open);
    Append(interval.begin, interval.id);
    open.push_back(interval);
  }
  CloseUntil(~std::uint64_t{0}, open);
}

// What lies under the topmost interval may end before it (overlap without nesting): such are
// dropped with it.
void IntervalIndex::CloseUntil(std::uint64_t limit, std::vector<Interval>& open) {
  while (!open.empty() && open.back().end <= limit) {
    const std::uint64_t end = open.back().end;
    while (!open.empty() && open.back().end <= end) open.pop_back();
    Append(end, open.empty() ? kNone : open.back().id);
  }
}

void IntervalIndex::Append(std::uint64_t begin, std::uint32_t id) {
  if (!pieces_.empty() && pieces_.back().begin == begin) {
    pieces_.back().id = id;
  } else {
    pieces_.push_back({begin, id});
  }
}

std::optional<std::uint32_t> IntervalIndex::Find(std::uint64_t address) const {
  const auto next = std::upper_bound(
      pieces_.begin(), pieces_.end(), address,
      [](std::uint64_t wanted, const Piece& piece) { return wanted < piece.begin; });
  if (next == pieces_.begin() || std::prev(next)->id == kNone) return std::nullopt;
  return std::prev(next)->id;
}

}  // namespace heimdallr::process
