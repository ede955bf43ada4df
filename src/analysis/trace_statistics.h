// Everything the summary of a trace is made of.
#pragma once

#include <cstdint>

#include "analysis/access_statistics.h"
#include "analysis/allocation_statistics.h"
#include "analysis/loss_totals.h"
#include "analysis/module_map.h"
#include "analysis/process_table.h"
#include "analysis/served_memory.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::analysis {

/// Consumes all records of a trace in order of time; each part sees those that concern it. Not
/// thread-safe.
class TraceStatistics {
 public:
  explicit TraceStatistics(const TraceHeader& header)
      : allocations_(modules_, header.page_size_bytes) {}
  TraceStatistics(const TraceStatistics&) = delete;
  TraceStatistics& operator=(const TraceStatistics&) = delete;

  void Add(const Record& record);

  [[nodiscard]] const AccessStatistics& accesses() const { return accesses_; }
  [[nodiscard]] const AllocationStatistics& allocations() const { return allocations_; }
  [[nodiscard]] const ServedMemory& served() const { return served_; }
  [[nodiscard]] const ProcessTable& processes() const { return processes_; }
  [[nodiscard]] const ModuleMap& modules() const { return modules_; }
  [[nodiscard]] const LossTotals& losses() const { return losses_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t mappings() const { return mappings_; }
  [[nodiscard]] std::uint64_t last_time_ns() const { return last_time_ns_; }

 private:
  void On(const AccessRecord& record);
  void On(const FaultRecord& record) { accesses_.Add(record); }
  void On(const AllocationRecord& record);
  void On(const MappingRecord& record);
  void On(const ProcessRecord& record);
  void On(const ThreadRecord& record) { processes_.Add(record); }
  void On(const LossRecord& record) { losses_.Add(record); }
  void On(const StatisticsRecord& record) { processes_.Add(record); }
  void On(const PeriodRecord& /*record*/) {}
  void On(const PlacementRecord& /*record*/) {}

  ModuleMap modules_;  // before allocations_, which refers to it
  AccessStatistics accesses_;
  AllocationStatistics allocations_;
  ServedMemory served_;
  ProcessTable processes_;
  LossTotals losses_;
  std::uint64_t records_ = 0;
  std::uint64_t mappings_ = 0;
  std::uint64_t last_time_ns_ = 0;
};

}  // namespace heimdallr::analysis
