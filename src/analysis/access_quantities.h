// What the accesses to one object, or by one piece of code, add up to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "analysis/data_source.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// What one access record stands for. The two must not be mixed; see AccessScale.
struct AccessShare {
  double estimate = 0;  ///< accesses executed
  double time_ns = 0;   ///< CPU time: its part of the tick's
};

/// Thread ids, counted once each.
class ThreadSet {
 public:
  void Add(std::int32_t tid) {
    if (tid == last_ && !tids_.empty()) return;
    Insert(tid);
  }
  void Merge(const ThreadSet& other) {
    for (const std::int32_t tid : other.tids_) Insert(tid);
  }
  [[nodiscard]] std::size_t size() const { return tids_.size(); }

 private:
  void Insert(std::int32_t tid);

  std::vector<std::int32_t> tids_;  // ascending
  std::int32_t last_ = 0;
};

/// How many accesses each part of the memory system answered. Empty where no source tells.
class DataSourceCounts {
 public:
  void Add(DataSource source, std::uint64_t count = 1);
  void Merge(const DataSourceCounts& other);
  [[nodiscard]] bool empty() const { return counts_.empty(); }
  [[nodiscard]] std::uint64_t count(DataSource source) const {
    return counts_.empty() ? 0 : counts_[static_cast<std::size_t>(source)];
  }

 private:
  std::vector<std::uint64_t> counts_;
};

struct AccessQuantities {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // Records by AccessKind.
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t load_stores = 0;
  std::uint64_t unknown = 0;
  // A kLoadStore is one of each.
  double estimated_loads = 0;
  double estimated_stores = 0;
  double time_ns = 0;  ///< CPU time of the ticks; of streams of the clock source
  std::uint64_t faults = 0;
  std::uint64_t latency_records = 0;  ///< that tell a latency
  std::uint64_t latency_cycles = 0;   ///< summed over these
  std::uint64_t first_ns = kNever;    ///< first access
  std::uint64_t last_ns = 0;          ///< last access
  ThreadSet threads;
  DataSourceCounts data_sources;

  void Add(const AccessRecord& record, const AccessShare& share);
  void Add(const FaultRecord& record);
  void Merge(const AccessQuantities& other);

  [[nodiscard]] std::uint64_t records() const { return loads + stores + load_stores + unknown; }
  [[nodiscard]] double estimated() const { return estimated_loads + estimated_stores; }
  /// Neither accessed nor faulted.
  [[nodiscard]] bool none() const { return records() == 0 && faults == 0; }
};

}  // namespace heimdallr::analysis
