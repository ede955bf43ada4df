#include "report/touched_pages.h"

#include <algorithm>
#include <tuple>

namespace heimdallr::report {

void TouchedPages::Coarsen() {
  constexpr unsigned kStep = 2;
  while (pages_.size() > most_ / 2 && shift_ + kStep < 64) {
    shift_ += kStep;
    absl::flat_hash_set<Key> coarse;
    for (const auto& [process, page] : pages_) coarse.emplace(process, page >> kStep);
    pages_ = std::move(coarse);
  }
  last_ = {0xffffffff, ~std::uint64_t{0}};
}

std::vector<PageRange> TouchedPages::Ranges() const {
  std::vector<PageRange> ranges;
  ranges.reserve(pages_.size());
  const unsigned finer = shift_ - kPageShift;
  for (const auto& [process, page] : pages_) {
    ranges.push_back({process, page << finer, (page + 1) << finer});
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
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace heimdallr::report
