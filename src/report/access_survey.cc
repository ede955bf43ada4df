#include "report/access_survey.h"

#include <algorithm>
#include <cmath>

#include "analysis/data_source.h"

namespace heimdallr::report {
namespace {

using analysis::AccessQuantities;

template <typename Values>
auto& At(Values& values, std::size_t index) {
  if (index >= values.size()) values.resize(index + 1);
  return values[index];
}

bool IsRemote(std::uint64_t data_source) {
  if (data_source == 0) return false;
  const analysis::DataSource source = analysis::DataSourceOf(data_source);
  return source == analysis::DataSource::kRemoteCache ||
         source == analysis::DataSource::kRemoteMemory;
}

}  // namespace

void SampleRanges::Add(const AccessRecord& record, const analysis::AccessShare& share) {
  most_latency_cycles = std::max(most_latency_cycles, record.latency_cycles);
  // A damaged weight may be anything.
  const double estimate = std::isfinite(share.estimate) ? std::max(0.0, share.estimate) : 0;
  least_estimate = any ? std::min(least_estimate, estimate) : estimate;
  most_estimate = std::max(most_estimate, estimate);
  most_time_ns = std::max(most_time_ns, share.time_ns);
  any = true;
}

void AccessSurvey::OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                            const analysis::Joined& joined) {
  if (!filter_.Accepts(record, joined)) return;
  totals_.Add(record, share);
  At(instructions_, joined.instruction).Add(record, share);
  const std::uint32_t process = ledger_.processes().Of(record.pid, record.time_ns);
  const std::uint16_t thread = ledger_.threads().Of(process, record.tid);
  if (joined.object != 0) {
    At(groups_, joined.group).Add(record, share);
    CountObject(joined.object);
    CountPair(record, thread, joined.group);
  } else {
    unmatched_[static_cast<std::size_t>(joined.reason)].Add(record, share);
  }
  if (record.latency_cycles != 0) CountLatency(record);
  ranges_.Add(record, share);
  pages_.Add(process, record.address);
}

void AccessSurvey::OnFault(const FaultRecord& record, const analysis::Joined& joined) {
  if (!filter_.Accepts(record, joined)) return;
  totals_.Add(record);
  At(instructions_, joined.instruction).Add(record);
  const std::uint32_t process = ledger_.processes().Of(record.pid, record.time_ns);
  ledger_.threads().Of(process, record.tid);
  if (joined.object != 0) {
    At(groups_, joined.group).Add(record);
    CountObject(joined.object);
  } else {
    unmatched_[static_cast<std::size_t>(joined.reason)].Add(record);
  }
  pages_.Add(process, record.address);
}

// Accesses to one object often follow each other.
void AccessSurvey::CountObject(std::uint64_t number) {
  if (number != last_number_) {
    if (last_number_ != 0) records_of_object_[last_number_] += last_records_;
    last_number_ = number;
    last_records_ = 0;
  }
  ++last_records_;
}

void AccessSurvey::CountPair(const AccessRecord& record, std::uint16_t thread,
                             std::uint32_t group) {
  const std::uint64_t key = std::uint64_t{thread} << 32 | group;
  auto entry = thread_groups_.find(key);
  if (entry == thread_groups_.end()) {
    if (thread_groups_.size() >= kMostThreadGroups) return;
    entry = thread_groups_.try_emplace(key).first;
  }
  ThreadGroupCell& cell = entry->second;
  if (CountsAsLoad(record.kind)) ++cell.loads;
  if (CountsAsStore(record.kind)) ++cell.stores;
  if (CountsAsUnknown(record.kind)) ++cell.unknown;
  if (record.latency_cycles != 0) {
    cell.latency_cycles += record.latency_cycles;
    ++cell.latency_records;
  }
  if (IsRemote(record.data_source)) ++cell.remote;
}

void AccessSurvey::CountLatency(const AccessRecord& record) {
  const auto* const above =
      std::upper_bound(kLatencyBounds.begin(), kLatencyBounds.end(), record.latency_cycles);
  const auto bin = static_cast<std::size_t>(above - kLatencyBounds.begin()) - 1;
  if (CountsAsLoad(record.kind)) ++latency_.loads[bin];
  if (CountsAsStore(record.kind)) ++latency_.stores[bin];
  if (CountsAsUnknown(record.kind)) ++latency_.unknown[bin];
}

void AccessSurvey::OnObject(const analysis::Object& object) {
  std::uint64_t records = object.number == last_number_ ? last_records_ : 0;
  if (object.number == last_number_) last_number_ = 0;
  const auto counted = records_of_object_.find(object.number);
  if (counted != records_of_object_.end()) {
    records += counted->second;
    records_of_object_.erase(counted);
  }
  if (records == 0) return;  // nothing of it passes the filter
  Folded& of_group = At(accessed_, object.group);
  ++of_group.objects;
  of_group.records += records;
  const std::uint64_t seen_ns =
      object.quantities.records() != 0 ? object.quantities.first_ns : object.start_ns;
  choice_.Add({.number = object.number,
               .group = object.group,
               .process = ledger_.processes().Of(object.pid, seen_ns),
               .address = object.address,
               .size = object.size,
               .start_ns = object.start_ns,
               .end_ns = object.end_ns,
               .ended = object.ended,
               .records = records});
}

void AccessSurvey::OnQuietObject(const analysis::Object& object) {
  if (!filter_.AcceptsQuiet(object)) return;
  choice_.AddQuiet({.number = 0,
                    .group = object.group,
                    .process = ledger_.processes().Of(object.pid, object.start_ns),
                    .address = object.address,
                    .size = object.size,
                    .start_ns = object.start_ns,
                    .end_ns = object.end_ns,
                    .ended = object.ended});
}

}  // namespace heimdallr::report
