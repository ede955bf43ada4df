#include "report/site_bins.h"

#include <algorithm>
#include <tuple>

namespace heimdallr::report {

void SiteBins::Add(std::uint64_t site, std::uint64_t time_ns, std::uint64_t bytes) {
  if (!bins_.Holds(time_ns)) return;
  // A site that was folded stays so: its own counts would be a part of it alone.
  const std::uint64_t counted_as = folded_.contains(site) ? kOthers : site;
  Sum& sum = counts_[{counted_as, static_cast<std::uint32_t>(bins_.Of(time_ns))}];
  ++sum.allocations;
  sum.bytes += bytes;
  if (counts_.size() > most_ + bins_.count) Fold();
}

void SiteBins::Fold() {
  struct Site {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::size_t counts = 0;
  };
  absl::flat_hash_map<std::uint64_t, Site> sites;
  for (const auto& [key, sum] : counts_) {
    if (key.first == kOthers) continue;
    Site& site = sites[key.first];
    site.number = key.first;
    site.bytes += sum.bytes;
    ++site.counts;
  }
  std::vector<Site> order;
  std::size_t apart = 0;
  for (const auto& [number, site] : sites) {
    order.push_back(site);
    apart += site.counts;
  }
  std::sort(order.begin(), order.end(), [](const Site& a, const Site& b) {
    return std::tie(a.bytes, a.number) < std::tie(b.bytes, b.number);
  });
  for (const Site& site : order) {
    if (apart <= most_ / 2) break;
    apart -= site.counts;
    folded_.insert(site.number);
  }
  absl::flat_hash_map<Key, Sum> kept;
  for (const auto& [key, sum] : counts_) {
    Sum& to = kept[{folded_.contains(key.first) ? kOthers : key.first, key.second}];
    to.allocations += sum.allocations;
    to.bytes += sum.bytes;
  }
  counts_ = std::move(kept);
}

std::vector<SiteBins::Count> SiteBins::Counts() const {
  std::vector<Count> counts;
  counts.reserve(counts_.size());
  for (const auto& [key, sum] : counts_) {
    counts.push_back(
        {.site = key.first, .bin = key.second, .allocations = sum.allocations, .bytes = sum.bytes});
  }
  return counts;
}

}  // namespace heimdallr::report
