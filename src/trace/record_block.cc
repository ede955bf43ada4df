#include "trace/record_block.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace heimdallr::trace {

void RecordBlock::SortByTime() {
  if (std::is_sorted(times_ns.begin(), times_ns.end())) return;
  std::vector<std::uint32_t> places(records.size());
  std::iota(places.begin(), places.end(), 0U);
  std::stable_sort(places.begin(), places.end(),
                   [this](std::uint32_t a, std::uint32_t b) { return times_ns[a] < times_ns[b]; });
  std::vector<Record> sorted;
  sorted.reserve(records.size());
  for (const std::uint32_t place : places) sorted.push_back(records[place]);
  records = std::move(sorted);
  std::sort(times_ns.begin(), times_ns.end());
}

}  // namespace heimdallr::trace
