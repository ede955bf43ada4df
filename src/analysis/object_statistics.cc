#include "analysis/object_statistics.h"

#include <algorithm>
#include <utility>

namespace heimdallr::analysis {
namespace {

constexpr std::size_t kWaitingPerThread = 64;
constexpr std::uint64_t kLongestWait = 1 << 15;  // accesses
// The clocks of samples and of allocations agree to within this; only the allocator itself works on
// a block for longer before its allocation is stamped.
constexpr std::uint64_t kClockSkewNs = 10'000;
// A recorder looks at fewer bytes at a time: what says more is damaged.
constexpr std::uint64_t kLargestRun = std::uint64_t{1} << 30;

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

Joined ObjectStatistics::JoinedWith(const FoundObject& found, std::uint32_t instruction) {
  return {.instruction = instruction,
          .object = found.object != 0 ? table_[found.object].number : 0,
          .reason = found.object != 0 ? Unmatched::kNone : found.reason,
          .group = found.object != 0 ? table_[found.object].group : 0};
}

void ObjectStatistics::Count(const Waiting& access) {
  AccessQuantities& quantities = access.found.object != 0
                                     ? table_[access.found.object].quantities
                                     : unmatched_[static_cast<std::size_t>(access.found.reason)];
  quantities.Add(access.record, access.share);
  if (ordered_ == nullptr) return;
  ordered_->Tell(access.number, access.record, access.share,
                 JoinedWith(access.found, access.instruction));
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

void ObjectStatistics::SettleAll() {
  for (auto& [tid, waiting] : waiting_) Settle(waiting);
  waiting_.clear();
}

void ObjectStatistics::SettleOld() {
  for (auto& [tid, waiting] : waiting_) {
    if (!waiting.empty() && waiting.front().number + kLongestWait <= accesses_) Settle(waiting);
  }
}

void ObjectStatistics::Add(const AccessRecord& record, const AccessShare& share,
                           std::uint32_t instruction) {
  const Waiting access{record, share, map_.Find(PointOf(record)), ++accesses_, instruction};
  if (accesses_ % kLongestWait == 0) SettleOld();
  const bool waits = access.found.between_blocks;
  if (ordered_ != nullptr && (waits || ordered_->holds())) {
    ordered_->Hold(access.number, record, share);
  }
  if (!waits) {
    Count(access);
    return;
  }
  std::vector<Waiting>& waiting = waiting_[record.tid];
  if (waiting.size() == kWaitingPerThread) Settle(waiting);
  waiting.push_back(access);
}

void ObjectStatistics::Add(const FaultRecord& record, std::uint32_t instruction) {
  const FoundObject found =
      map_.Find({.address = record.address, .ip = record.ip, .pid = record.pid, .tid = record.tid});
  if (found.object != 0) {
    table_[found.object].quantities.Add(record);
    nodes_.AddTouch(table_[found.object].group, record);
  } else {
    unmatched_[static_cast<std::size_t>(found.reason)].Add(record);
  }
  if (observer_ != nullptr) observer_->OnFault(record, JoinedWith(found, instruction));
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
  SettleAll();
  map_.Add(record);
}

void ObjectStatistics::Add(const ThreadRecord& record) {
  if (record.event == ThreadEvent::kExit) SettleThread(record.tid);
  map_.Add(record);
}

// A page may hold several small objects: it is taken for that of one of its bytes, another at each
// page and time, so that all get their share in the sum.
void ObjectStatistics::Add(const PlacementRecord& record) {
  if (page_size_ == 0) return;
  const std::uint64_t end = record.address + std::min(record.size, kLargestRun);
  std::uint64_t dice = record.time_ns;
  for (std::uint64_t page = record.address; page < end; page += page_size_) {
    // The multiplier and increment of Knuth's MMIX generator.
    dice = dice * 6364136223846793005 + 1442695040888963407;
    const auto group = map_.GroupAt(record.pid, page + (dice >> 32) % page_size_);
    if (!group) continue;
    const double bytes = static_cast<double>(page_size_) * double{record.weight};
    nodes_.AddPages(*group, record.node, bytes);
  }
}

void ObjectStatistics::Finish() {
  SettleAll();
  if (observer_ == nullptr) return;
  table_.ForEach([this](const Object& object) { observer_->OnObject(object); });
  map_.TellOfQuiet();
}

}  // namespace heimdallr::analysis
