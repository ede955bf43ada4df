#include "trace/round_merger.h"

#include <algorithm>

namespace heimdallr::trace {
namespace {

// Blocks that keep their memory while not in use: enough for the rounds of 100 busy threads.
constexpr std::size_t kKeptBlocks = 128;

}  // namespace

// A process is there before its mappings, those before what is allocated and accessed in them.
std::uint64_t RoundMerger::Rank(ChunkKind kind) {
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
    case ChunkKind::kPlacementBlock:
      return 4;
    case ChunkKind::kAccessBlock:
      return 5;
    case ChunkKind::kLosses:
      return 6;
    default:
      return 7;
  }
}

RecordBlock& RoundMerger::NewBlock() {
  if (spare_.empty()) return blocks_.emplace_back();
  RecordBlock& block = *spare_.back();
  spare_.pop_back();
  return block;
}

void RoundMerger::Recycle(RecordBlock& block) {
  if (spare_.size() < kKeptBlocks && block.records.capacity() <= kMaxBlockRecords) {
    block.Clear();
  } else {
    block = {};
  }
  spare_.push_back(&block);
}

void RoundMerger::Add(ChunkKind kind, RecordBlock& block) {
  if (block.records.empty()) return Recycle(block);
  block.order = (Rank(kind) << kRankShift) | (added_++ << kLeafBits);
  buffered_bytes_ += block.bytes();
  const auto in_time = std::lower_bound(block.times_ns.begin(), block.times_ns.end(), released_ns_);
  late_records_ += static_cast<std::uint64_t>(in_time - block.times_ns.begin());
  waiting_.push_back({MergeKey(block.next_time_ns(), block.order), &block});
}

void RoundMerger::ReleaseBefore(std::uint64_t end_ns) {
  released_ns_ = std::max(released_ns_, end_ns);
  Release(MergeKey(released_ns_, 0));
}

void RoundMerger::ReleaseAll() {
  const auto cover = [this](const RecordBlock& block) {
    released_ns_ = std::max(released_ns_, block.times_ns.back());
  };
  for (const Waiting& waiting : waiting_) cover(*waiting.block);
  for (const RecordBlock* block : begun_) {
    if (block != nullptr) cover(*block);
  }
  Release(MergeKey{});
}

void RoundMerger::Release(const MergeKey& limit) {
  limit_ = limit;
  std::sort(waiting_.begin(), waiting_.end(),
            [](const Waiting& a, const Waiting& b) { return b.key.Precedes(a.key); });
}

void RoundMerger::BeginWaiting() {
  if (free_leaves_.empty()) {
    if (!begun_.empty()) tree_.Grow();
    for (std::size_t leaf = tree_.leaves(); leaf-- > begun_.size();) free_leaves_.push_back(leaf);
    begun_.resize(tree_.leaves());
  }
  RecordBlock& block = *waiting_.back().block;
  waiting_.pop_back();
  const std::size_t leaf = free_leaves_.back();
  free_leaves_.pop_back();
  block.order |= leaf;
  begun_[leaf] = &block;
  tree_.Set(leaf, MergeKey(block.next_time_ns(), block.order));
}

void RoundMerger::EndBegun(RecordBlock& block) {
  const std::size_t leaf = block.order & kLeafMask;
  tree_.Set(leaf, MergeKey{});
  begun_[leaf] = nullptr;
  free_leaves_.push_back(leaf);
  buffered_bytes_ -= block.bytes();
  Recycle(block);
}

}  // namespace heimdallr::trace
