#include "trace/round_merger.h"

#include <algorithm>

namespace heimdallr::trace {
namespace {

constexpr std::uint64_t kEndOfTime = ~std::uint64_t{0};
constexpr int kRankShift = 56;
// Blocks that keep their memory while not in use: enough for the rounds of 100 busy threads.
constexpr std::size_t kKeptBlocks = 128;

// Order of records of equal time. A process is there before its mappings, those before what is
// allocated and accessed in them.
std::uint64_t Rank(ChunkKind kind) {
  switch (kind) {
    case ChunkKind::kProcesses:
      return 0;
    case ChunkKind::kThreads:
      return 1;
    case ChunkKind::kMappings:
      return 2;
    case ChunkKind::kAllocationBlock:
      return 3;
    case ChunkKind::kFaultBlock:
      return 4;
    case ChunkKind::kAccessBlock:
      return 5;
    case ChunkKind::kLosses:
      return 6;
    default:
      return 7;
  }
}

}  // namespace

RecordBlock& RoundMerger::NewBlock() {
  if (spare_.empty()) return blocks_.emplace_back();
  RecordBlock& block = *spare_.back();
  spare_.pop_back();
  return block;
}

void RoundMerger::Recycle(RecordBlock& block) {
  if (spare_.size() < kKeptBlocks && block.records.capacity() <= kMaxBlockRecords) {
    block.Clear();
    spare_.push_back(&block);
  } else {
    block = {};
    spare_.insert(spare_.begin(), &block);
  }
}

void RoundMerger::Add(ChunkKind kind, RecordBlock& block) {
  if (block.records.empty()) return Recycle(block);
  block.order = (Rank(kind) << kRankShift) | added_++;
  buffered_bytes_ += block.bytes();
  const auto in_time = std::lower_bound(block.times_ns.begin(), block.times_ns.end(), released_ns_);
  late_records_ += static_cast<std::uint64_t>(in_time - block.times_ns.begin());
  waiting_.push_back(PlaceOf(block));
}

void RoundMerger::ReleaseBefore(std::uint64_t end_ns) {
  released_ns_ = std::max(released_ns_, end_ns);
  Release({.time_ns = released_ns_, .order = 0});
}

void RoundMerger::ReleaseAll() {
  for (const Place& place : waiting_) {
    released_ns_ = std::max(released_ns_, place.block->times_ns.back());
  }
  for (const Place& place : begun_) {
    released_ns_ = std::max(released_ns_, place.block->times_ns.back());
  }
  Release({.time_ns = kEndOfTime, .order = kEndOfTime});
}

void RoundMerger::Release(const Place& limit) {
  PutBackCurrent();
  limit_ = limit;
  std::sort(waiting_.begin(), waiting_.end(), After);
}

void RoundMerger::PutBackCurrent() {
  if (current_ == nullptr) return;
  if (current_->exhausted()) {
    buffered_bytes_ -= current_->bytes();
    Recycle(*current_);
  } else {
    begun_.push_back(PlaceOf(*current_));
    std::push_heap(begun_.begin(), begun_.end(), After);
  }
  current_ = nullptr;
}

const Record* RoundMerger::Select() {
  PutBackCurrent();
  while (!waiting_.empty() && (begun_.empty() || After(begun_.front(), waiting_.back()))) {
    begun_.push_back(waiting_.back());
    std::push_heap(begun_.begin(), begun_.end(), After);
    waiting_.pop_back();
  }
  if (begun_.empty() || !After(limit_, begun_.front())) return nullptr;
  std::pop_heap(begun_.begin(), begun_.end(), After);
  current_ = begun_.back().block;
  begun_.pop_back();

  bound_ = limit_;
  if (!begun_.empty() && After(bound_, begun_.front())) bound_ = begun_.front();
  if (!waiting_.empty() && After(bound_, waiting_.back())) bound_ = waiting_.back();
  return &current_->records[current_->next++];
}

}  // namespace heimdallr::trace
