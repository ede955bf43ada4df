#include "report/site_bins.h"

#include <map>

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

constexpr TimeBins kBins{.begin_ns = 0, .end_ns = 1000, .count = 10};

TEST_CASE("SiteBins: counts by site and part of the time") {
  SiteBins bins(kBins);
  bins.Add(7, 0, 100);
  bins.Add(7, 99, 1);
  bins.Add(7, 999, 5);
  bins.Add(8, 500, 3);
  bins.Add(8, 1000, 50);  // behind the end
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::pair<std::uint64_t, std::uint64_t>> found;
  for (const SiteBins::Count& count : bins.Counts()) {
    found[{count.site, count.bin}] = {count.allocations, count.bytes};
  }
  CHECK(found == decltype(found){{{7, 0}, {2, 101}}, {{7, 9}, {1, 5}}, {{8, 5}, {1, 3}}});
}

TEST_CASE("SiteBins: of too many sites the largest stay apart, the others are counted together") {
  constexpr std::uint64_t kSites = 5000;
  SiteBins bins(kBins, 400);
  std::uint64_t bytes = 0;
  for (std::uint64_t round = 0; round < 10; ++round) {
    for (std::uint64_t site = 1; site <= kSites; ++site) {
      const std::uint64_t size = site % 500 == 0 ? 1'000'000 : site % 7 + 1;
      bins.Add(site, round * 100, size);
      bytes += size;
    }
  }
  const auto counts = bins.Counts();
  CHECK(counts.size() <= 400 + kBins.count);
  std::map<std::uint64_t, std::uint64_t> allocations;
  std::uint64_t counted = 0;
  for (const SiteBins::Count& count : counts) {
    allocations[count.site] += count.allocations;
    counted += count.bytes;
  }
  CHECK(counted == bytes);
  for (std::uint64_t site = 500; site <= kSites; site += 500) CHECK(allocations[site] == 10);
  // What is apart is whole: a site is never half of it among the others.
  for (const auto& [site, count] : allocations) {
    if (site != SiteBins::kOthers) CHECK(count == 10);
  }
}

}  // namespace
}  // namespace heimdallr::report
