#include "analysis/object_statistics.h"

#include <utility>

namespace heimdallr::analysis {
namespace {

constexpr std::size_t kWaitingPerThread = 64;
// The clocks of samples and of allocations agree to within this; only the allocator itself works on
// a block for longer before its allocation is stamped.
constexpr std::uint64_t kClockSkewNs = 10'000;

AccessPoint PointOf(const AccessRecord& record) {
  return {.address = record.address,
          .ip = record.ip,
          .pid = record.pid,
          .tid = record.tid,
          .size = record.size};
}

}  // namespace

std::string_view Name(ObjectType type) {
  static constexpr std::string_view kNames[kObjectTypes] = {
      "heap", "mapping", "file", "global", "section", "stack", "vdso", "allocator", "anonymous"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view Name(Unmatched reason) {
  static constexpr std::string_view kNames[kUnmatchedReasons] = {
      "none", "process_unknown", "null_page", "not_mapped", "between_blocks"};
  return kNames[static_cast<std::size_t>(reason)];
}

void ObjectStatistics::Count(const Waiting& access) {
  AccessQuantities& quantities = access.found.object != 0
                                     ? table_[access.found.object].quantities
                                     : unmatched_[static_cast<std::size_t>(access.found.reason)];
  quantities.Add(access.record, access.share);
}

void ObjectStatistics::Settle(std::vector<Waiting>& waiting) {
  for (const Waiting& access : waiting) Count(access);
  waiting.clear();
}

void ObjectStatistics::SettleThread(std::int32_t tid) {
  if (waiting_.empty()) return;
  const auto entry = waiting_.find(tid);
  if (entry == waiting_.end()) return;
  Settle(entry->second);
  waiting_.erase(entry);
}

void ObjectStatistics::Add(const AccessRecord& record, const AccessShare& share) {
  const Waiting access{record, share, map_.Find(PointOf(record))};
  if (!access.found.between_blocks) {
    Count(access);
    return;
  }
  std::vector<Waiting>& waiting = waiting_[record.tid];
  if (waiting.size() == kWaitingPerThread) Settle(waiting);
  waiting.push_back(access);
}

void ObjectStatistics::Add(const FaultRecord& record) {
  const FoundObject found =
      map_.Find({.address = record.address, .ip = record.ip, .pid = record.pid, .tid = record.tid});
  if (found.object != 0) {
    table_[found.object].quantities.Add(record);
  } else {
    unmatched_[static_cast<std::size_t>(found.reason)].Add(record);
  }
}

void ObjectStatistics::Add(const AllocationRecord& record) {
  map_.Add(record);
  if (waiting_.empty()) return;
  const auto entry = waiting_.find(record.tid);
  if (entry == waiting_.end()) return;
  if (record.event == AllocationEvent::kAllocate && record.address != 0) {
    for (Waiting& access : entry->second) {
      const AccessRecord& a = access.record;
      const bool at_work = access.found.by_allocator || a.time_ns + kClockSkewNs >= record.time_ns;
      const bool inside = a.address - record.address < record.size;
      if (at_work && inside && a.pid == record.pid) access.found = map_.Find(PointOf(a));
    }
  }
  Settle(entry->second);
  waiting_.erase(entry);
}

// What waits refers to objects that end with their process.
void ObjectStatistics::Add(const ProcessRecord& record) {
  Finish();
  map_.Add(record);
}

void ObjectStatistics::Add(const ThreadRecord& record) {
  if (record.event == ThreadEvent::kExit) SettleThread(record.tid);
  map_.Add(record);
}

void ObjectStatistics::Finish() {
  for (auto& [tid, waiting] : waiting_) Settle(waiting);
  waiting_.clear();
}

}  // namespace heimdallr::analysis
