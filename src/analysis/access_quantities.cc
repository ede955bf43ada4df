#include "analysis/access_quantities.h"

#include <algorithm>

namespace heimdallr::analysis {

void ThreadSet::Insert(std::int32_t tid) {
  last_ = tid;
  const auto at = std::lower_bound(tids_.begin(), tids_.end(), tid);
  if (at == tids_.end() || *at != tid) tids_.insert(at, tid);
}

void DataSourceCounts::Add(DataSource source, std::uint64_t count) {
  if (counts_.empty()) counts_.resize(kDataSources);
  counts_[static_cast<std::size_t>(source)] += count;
}

void DataSourceCounts::Merge(const DataSourceCounts& other) {
  if (other.counts_.empty()) return;
  if (counts_.empty()) counts_.resize(kDataSources);
  for (std::size_t i = 0; i < kDataSources; ++i) counts_[i] += other.counts_[i];
}

void AccessQuantities::Add(const AccessRecord& record, const AccessShare& share) {
  switch (record.kind) {
    case AccessKind::kLoad:
      ++loads;
      estimated_loads += share.estimate;
      break;
    case AccessKind::kStore:
      ++stores;
      estimated_stores += share.estimate;
      break;
    case AccessKind::kLoadStore:
      ++load_stores;
      estimated_loads += share.estimate;
      estimated_stores += share.estimate;
      break;
    case AccessKind::kUnknown:
      ++unknown;
      break;
  }
  time_ns += share.time_ns;
  first_ns = std::min(first_ns, record.time_ns);
  last_ns = std::max(last_ns, record.time_ns);
  threads.Add(record.tid);
  if (record.latency_cycles != 0) {
    ++latency_records;
    latency_cycles += record.latency_cycles;
  }
  if (record.data_source != 0) data_sources.Add(DataSourceOf(record.data_source));
}

void AccessQuantities::Add(const FaultRecord& record) {
  ++faults;
  threads.Add(record.tid);
}

void AccessQuantities::Merge(const AccessQuantities& other) {
  loads += other.loads;
  stores += other.stores;
  load_stores += other.load_stores;
  unknown += other.unknown;
  estimated_loads += other.estimated_loads;
  estimated_stores += other.estimated_stores;
  time_ns += other.time_ns;
  faults += other.faults;
  latency_records += other.latency_records;
  latency_cycles += other.latency_cycles;
  first_ns = std::min(first_ns, other.first_ns);
  last_ns = std::max(last_ns, other.last_ns);
  threads.Merge(other.threads);
  data_sources.Merge(other.data_sources);
}

}  // namespace heimdallr::analysis
