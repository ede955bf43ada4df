// What was not recorded, by reason: kept in step with the trace, so that what was produced equals
// what was recorded plus what is counted here.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <tuple>

#include "heimdallr/records.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

/// Whom a loss concerns; zeros where it is nobody in particular.
struct LossOrigin {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint8_t stream = 0;
};

/// Sums losses between flushes, one record for each reason and origin, and for the whole run.
class LossLedger {
 public:
  void Count(LossKind kind, std::uint64_t count, LossOrigin origin = {},
             std::uint64_t duration_ns = 0);

  /// Writes what has come since the last flush as records of time `time_ns`.
  void Flush(std::uint64_t time_ns, trace::TraceWriter& writer);

  /// Sum over the run, in the unit of the kind.
  [[nodiscard]] std::uint64_t total(LossKind kind) const {
    return totals_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t total_duration_ns(LossKind kind) const {
    return durations_ns_[static_cast<std::size_t>(kind)];
  }

 private:
  struct Amount {
    std::uint64_t count = 0;
    std::uint64_t duration_ns = 0;
  };
  using Key = std::tuple<LossKind, std::int32_t, std::int32_t, std::uint8_t>;

  std::map<Key, Amount> open_;
  std::array<std::uint64_t, kLossKinds> totals_{};
  std::array<std::uint64_t, kLossKinds> durations_ns_{};
};

}  // namespace heimdallr::recorder
