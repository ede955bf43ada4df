#include "report/touched_pages.h"

#include <algorithm>
#include <tuple>

namespace heimdallr::report {

void TouchedPages::Coarsen() {
  constexpr unsigned kStep = 2;
  while (pages_.size() > most_ / 2 && shift_ + kStep < 64) {
    shift_ += kStep;
    absl::flat_hash_map<Key, std::uint64_t> coarse;
    for (const auto& [key, accesses] : pages_) coarse[{key.first, key.second >> kStep}] += accesses;
    pages_ = std::move(coarse);
  }
  last_ = kNoKey;
}

std::vector<PageRange> TouchedPages::Ranges() const {
  std::vector<PageRange> ranges;
  ranges.reserve(pages_.size());
  const unsigned finer = shift_ - kPageShift;
  for (const auto& [key, accesses] : pages_) {
    ranges.push_back({key.first, key.second << finer, (key.second + 1) << finer, accesses});
  }
  return Joined(std::move(ranges), 0);
}

std::vector<PageRange> Joined(std::vector<PageRange> ranges, std::uint64_t gap) {
  std::sort(ranges.begin(), ranges.end(), [](const PageRange& a, const PageRange& b) {
    return std::tie(a.process, a.first, a.end) < std::tie(b.process, b.first, b.end);
  });
  std::vector<PageRange> joined;
  for (const PageRange& range : ranges) {
    if (!joined.empty() && joined.back().process == range.process &&
        range.first <= joined.back().end + gap) {
      joined.back().end = std::max(joined.back().end, range.end);
      joined.back().accesses += range.accesses;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace heimdallr::report
