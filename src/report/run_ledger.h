// What a run says beside its accesses and allocations: processes, losses, the governor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/loss_totals.h"
#include "heimdallr/records.h"
#include "report/process_index.h"

namespace heimdallr::report {

/// Fed with all records of a run. Memory: processes and threads, and a bounded number of losses and
/// periods. Not thread-safe.
class RunLedger {
 public:
  static constexpr std::size_t kMostStalls = 10'000;
  static constexpr std::size_t kMostPeriods = 50'000;

  void Add(const Record& record);

  [[nodiscard]] ProcessIndex& processes() { return processes_; }
  [[nodiscard]] const ProcessIndex& processes() const { return processes_; }
  [[nodiscard]] ThreadIndex& threads() { return threads_; }
  [[nodiscard]] const ThreadIndex& threads() const { return threads_; }
  [[nodiscard]] const analysis::LossTotals& losses() const { return losses_; }
  [[nodiscard]] const std::vector<PeriodRecord>& periods() const { return periods_; }
  /// Losses in order of time. Of more than kMostStalls those that took nothing away go first, then
  /// the smallest.
  [[nodiscard]] std::vector<LossRecord> Stalls() const;
  [[nodiscard]] std::uint64_t records() const { return records_; }
  /// Time of the last record.
  [[nodiscard]] std::uint64_t end_ns() const { return end_ns_; }

 private:
  void On(const ProcessRecord& record) { processes_.Add(record); }
  void On(const ThreadRecord& record);
  void On(const StatisticsRecord& record) { processes_.Add(record); }
  void On(const LossRecord& record);
  void On(const PeriodRecord& record);
  template <typename Other>
  void On(const Other& /*record*/) {}

  ProcessIndex processes_;
  ThreadIndex threads_;
  analysis::LossTotals losses_;
  std::vector<PeriodRecord> periods_;
  std::vector<LossRecord> stalls_;
  std::uint64_t records_ = 0;
  std::uint64_t end_ns_ = 0;
};

}  // namespace heimdallr::report
