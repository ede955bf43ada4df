// What is missing from a trace, summed.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "heimdallr/records.h"

namespace heimdallr::analysis {

struct LossTotal {
  LossKind kind = LossKind::kUnknown;
  std::uint8_t stream = 0;        ///< 0 = not of a stream of samples
  std::uint64_t count = 0;        ///< unit by `kind`
  std::uint64_t duration_ns = 0;  ///< of LossKind::kChannelStall
};

/// Sums loss records by kind and stream. Not thread-safe.
class LossTotals {
 public:
  void Add(const LossRecord& record);

  /// Those with a count, in order of kind and stream.
  [[nodiscard]] std::vector<LossTotal> totals() const;

  /// Over all streams.
  [[nodiscard]] std::uint64_t count(LossKind kind) const;

  /// Whether anything that happened is not in the trace (LossEffect::kMissing).
  [[nodiscard]] bool anything_missing() const;

 private:
  std::map<std::pair<LossKind, std::uint8_t>, LossTotal> totals_;
};

}  // namespace heimdallr::analysis
