#include "analysis/access_statistics.h"

#include <algorithm>

namespace heimdallr::analysis {

std::uint64_t StreamStatistics::direct_accesses() const {
  std::uint64_t sum = 0;
  for (const AccessCount& count : direct) sum += count.records;
  return sum;
}

std::uint64_t StreamStatistics::accesses(AccessKind kind) const {
  const auto index = static_cast<std::size_t>(kind);
  return direct[index].records + replayed[index].records;
}

std::uint64_t StreamStatistics::accesses() const {
  std::uint64_t sum = direct_accesses();
  for (const AccessCount& count : replayed) sum += count.records;
  return sum;
}

void AccessStatistics::Add(const AccessRecord& record) {
  Stream& stream = Of(record.stream);
  StreamStatistics& sums = stream.sums;
  const auto kind = static_cast<std::size_t>(record.kind);
  AccessCount& count =
      (record.direct ? sums.direct : sums.replayed)[kind < StreamStatistics::kKinds ? kind : 0];
  ++count.records;
  const std::uint64_t period = std::max<std::uint64_t>(record.period, 1);
  count.estimate += static_cast<double>(record.weight) * static_cast<double>(period);
  if (record.period != 0) {
    sums.longest_period = std::max(sums.longest_period, period);
    sums.shortest_period =
        sums.shortest_period == 0 ? period : std::min(sums.shortest_period, period);
  }
  // The records of one tick have one time, so they follow each other.
  if (record.tick == 0 || record.tick != stream.last_tick) ++sums.ticks_with_access;
  stream.last_tick = record.tick;
  if (record.latency_cycles != 0) {
    ++sums.latency_records;
    sums.latency_cycles += record.latency_cycles;
  }
}

void AccessStatistics::Add(const FaultRecord& record) { ++Of(record.stream).sums.faults; }

}  // namespace heimdallr::analysis
