// What each call stack allocated in each part of the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "report/time_bins.h"

namespace heimdallr::report {

/// Sparse counts by site and bin. Their number is bounded: with more, the sites of fewest bytes are
/// counted together from then on, and what was counted of them is put there. Not thread-safe.
class SiteBins {
 public:
  static constexpr std::size_t kMostCounts = 200'000;
  /// The sites that are counted together; no site has this number.
  static constexpr std::uint64_t kOthers = 0;

  struct Count {
    std::uint64_t site = kOthers;
    std::uint32_t bin = 0;
    std::uint64_t allocations = 0;
    std::uint64_t bytes = 0;
  };

  /// Keeps at least `most` / 2 counts apart, and up to one for each bin beside `most`.
  explicit SiteBins(const TimeBins& bins, std::size_t most = kMostCounts)
      : bins_(bins), most_(most) {}

  /// What lies outside the time of the bins is left out.
  void Add(std::uint64_t site, std::uint64_t time_ns, std::uint64_t bytes);

  /// In no order.
  [[nodiscard]] std::vector<Count> Counts() const;

 private:
  struct Sum {
    std::uint64_t allocations = 0;
    std::uint64_t bytes = 0;
  };
  using Key = std::pair<std::uint64_t, std::uint32_t>;  // site, bin

  void Fold();

  TimeBins bins_;
  std::size_t most_;
  absl::flat_hash_map<Key, Sum> counts_;
  absl::flat_hash_set<std::uint64_t> folded_;
};

}  // namespace heimdallr::report
