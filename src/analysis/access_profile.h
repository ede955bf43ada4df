// Accesses by object and by code: everything the object and code tables are made of.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/access_quantities.h"
#include "analysis/access_scale.h"
#include "analysis/code_statistics.h"
#include "analysis/object_statistics.h"
#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::analysis {

/// Over all records, matched or not.
struct ProfileTotals {
  AccessQuantities accesses;
  std::uint64_t ticks = 0;  ///< samples that gave at least one access
  std::uint64_t ticks_without_access = 0;
  std::uint64_t end_ns = 0;  ///< time of the last record
};

/// CPU time of all ticks, in ns, from that of the `ticks` that gave an access. Those without one
/// count as the mean of the others: their periods are not in the trace.
[[nodiscard]] constexpr double SampledTimeNs(double time_ns, std::uint64_t ticks,
                                             std::uint64_t ticks_without_access) {
  if (ticks == 0) return time_ns;
  return time_ns * (1 + static_cast<double>(ticks_without_access) / static_cast<double>(ticks));
}

/// Consumes all records of a trace in order of time. Not thread-safe.
class AccessProfile {
 public:
  /// `symbols` must outlive this object, and the stacks that `stack` gives each call; so must
  /// `observer`, which may be nullptr.
  AccessProfile(const TraceHeader& header, const Symbols& symbols, ObjectMap::StackLookup stack,
                AccessObserver* observer = nullptr)
      : scale_(header), objects_(header, symbols, std::move(stack), ObjectTable::kKept, observer) {}
  AccessProfile(const AccessProfile&) = delete;
  AccessProfile& operator=(const AccessProfile&) = delete;

  void Add(const Record& record);
  /// Call once, after the last record and before looking.
  void Finish();

  [[nodiscard]] const ObjectStatistics& objects() const { return objects_; }
  [[nodiscard]] const CodeStatistics& code() const { return code_; }
  [[nodiscard]] const ModuleMap& modules() const { return objects_.map().modules(); }
  [[nodiscard]] const ProfileTotals& totals() const { return totals_; }
  [[nodiscard]] EstimateUnit unit() const { return scale_.unit(); }

 private:
  void On(const AccessRecord& record);
  void On(const FaultRecord& record);
  template <typename State>
  requires requires(ObjectStatistics& objects, const State& record) { objects.Add(record); }
  void On(const State& record) {
    FlushTick();
    objects_.Add(record);
  }
  void On(const LossRecord& record);
  void On(const StatisticsRecord& /*record*/) {}
  void On(const PeriodRecord& /*record*/) {}
  void FlushTick();

  AccessScale scale_;
  ObjectStatistics objects_;
  CodeStatistics code_;
  ProfileTotals totals_;
  // The records of one tick follow each other and have one time: nothing changes between them.
  std::vector<AccessRecord> tick_;
};

}  // namespace heimdallr::analysis
