// What is counted of the accesses before the picture can be drawn.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
#include "analysis/access_quantities.h"
#include "analysis/object_table.h"
#include "report/access_filter.h"
#include "report/object_choice.h"
#include "report/run_ledger.h"
#include "report/touched_pages.h"

namespace heimdallr::report {

/// Lower bounds of the parts of the latency histogram, in cycles: about two to a doubling.
inline constexpr std::array<std::uint32_t, 31> kLatencyBounds = {
    1,   2,   3,   4,    6,    8,    12,   16,   24,   32,   48,    64,    96,    128,   192,  256,
    384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 65536};

/// What all samples have in common: which columns they need, and their scales.
struct SampleRanges {
  std::uint32_t most_latency_cycles = 0;
  double least_estimate = 0;
  double most_estimate = 0;
  double most_time_ns = 0;
  bool any = false;

  void Add(const AccessRecord& record, const analysis::AccessShare& share);
};

/// What one thread did to one group.
struct ThreadGroupCell {
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t latency_cycles = 0;
  std::uint64_t latency_records = 0;
  std::uint64_t unknown = 0;  ///< it is not known whether they read or write
  std::uint64_t remote = 0;   ///< answered by another node
};

/// Accesses by latency, in the parts of kLatencyBounds.
struct LatencyHistogram {
  using Counts = std::array<std::uint64_t, kLatencyBounds.size()>;
  Counts loads{};
  Counts stores{};
  Counts unknown{};
};

/// The first reading of a run, of what passes the filter. Memory: code, groups, live objects.
class AccessSurvey : public analysis::AccessObserver {
 public:
  /// Pairs of thread and group beyond this are not counted.
  static constexpr std::size_t kMostThreadGroups = 200'000;

  struct Folded {
    std::uint64_t objects = 0;
    std::uint64_t records = 0;
  };
  using ThreadGroups = absl::flat_hash_map<std::uint64_t, ThreadGroupCell>;

  /// Borrows both.
  AccessSurvey(const AccessFilter& filter, RunLedger& ledger, std::size_t accessed_objects,
               std::size_t quiet_objects)
      : filter_(filter), ledger_(ledger), choice_(accessed_objects, quiet_objects) {}

  void OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                const analysis::Joined& joined) override;
  void OnFault(const FaultRecord& record, const analysis::Joined& joined) override;
  void OnObject(const analysis::Object& object) override;
  void OnQuietObject(const analysis::Object& object) override;

  [[nodiscard]] const analysis::AccessQuantities& totals() const { return totals_; }
  [[nodiscard]] const analysis::AccessQuantities& unmatched(analysis::Unmatched reason) const {
    return unmatched_[static_cast<std::size_t>(reason)];
  }
  /// By number in the object table; may be shorter.
  [[nodiscard]] const std::vector<analysis::AccessQuantities>& groups() const { return groups_; }
  /// Accessed objects by number of their group; may be shorter.
  [[nodiscard]] const std::vector<Folded>& accessed() const { return accessed_; }
  /// By number in CodeStatistics; may be shorter.
  [[nodiscard]] const std::vector<analysis::AccessQuantities>& instructions() const {
    return instructions_;
  }
  /// Key: thread << 32 | group.
  [[nodiscard]] const ThreadGroups& thread_groups() const { return thread_groups_; }
  [[nodiscard]] const SampleRanges& ranges() const { return ranges_; }
  [[nodiscard]] const TouchedPages& pages() const { return pages_; }
  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }
  [[nodiscard]] ObjectChoice& choice() { return choice_; }

 private:
  void CountObject(std::uint64_t number);
  void CountPair(const AccessRecord& record, std::uint16_t thread, std::uint32_t group);
  void CountLatency(const AccessRecord& record);

  const AccessFilter& filter_;
  RunLedger& ledger_;
  analysis::AccessQuantities totals_;
  std::array<analysis::AccessQuantities, analysis::kUnmatchedReasons> unmatched_;
  std::vector<analysis::AccessQuantities> groups_;
  std::vector<analysis::AccessQuantities> instructions_;
  std::vector<Folded> accessed_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> records_of_object_;  // of those not complete
  std::uint64_t last_number_ = 0;
  std::uint64_t last_records_ = 0;  // of last_number_, not in the map yet
  ThreadGroups thread_groups_;
  LatencyHistogram latency_;
  SampleRanges ranges_;
  TouchedPages pages_;
  ObjectChoice choice_;
};

/// Where loads and stores are told apart and no column is its own: a load_store counts to both, an
/// access of unknown kind to neither.
[[nodiscard]] inline bool CountsAsLoad(AccessKind kind) {
  return kind == AccessKind::kLoad || kind == AccessKind::kLoadStore;
}
[[nodiscard]] inline bool CountsAsStore(AccessKind kind) {
  return kind == AccessKind::kStore || kind == AccessKind::kLoadStore;
}
[[nodiscard]] inline bool CountsAsUnknown(AccessKind kind) {
  return !CountsAsLoad(kind) && !CountsAsStore(kind);
}

}  // namespace heimdallr::report
