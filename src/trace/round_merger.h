// Blocks in, records in order of time out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "heimdallr/records.h"
#include "trace/format.h"
#include "trace/record_block.h"
#include "trace/tournament_tree.h"

namespace heimdallr::trace {

/// Merges the blocks it was given. Records of equal time come in the order of their kinds
/// (processes, threads, mappings, allocations, faults, accesses, losses, statistics), those of one
/// kind in the order of the file. Only what has been released is returned; the rest waits for later
/// blocks.
class RoundMerger {
 public:
  /// An empty block to fill and give to Add, or to Recycle. It belongs to the merger.
  [[nodiscard]] RecordBlock& NewBlock();

  /// Merges a block of NewBlock, sorted, that came from a chunk of kind `kind`.
  void Add(ChunkKind kind, RecordBlock& block);
  /// Takes back a block that is not needed after all.
  void Recycle(RecordBlock& block);

  /// Lets out all records before `end_ns`. Those that come later nevertheless count as late.
  void ReleaseBefore(std::uint64_t end_ns);
  /// Lets out all there is.
  void ReleaseAll();

  /// The next released record, or nullptr when there is none. Valid until the next call.
  [[nodiscard]] const Record* Next() {
    if (returned_ != nullptr) AdvanceReturned();
    while (!waiting_.empty() && waiting_.back().key.Precedes(tree_.first())) BeginWaiting();
    if (!tree_.first().Precedes(limit_)) return nullptr;
    returned_ = begun_[tree_.first().order() & kLeafMask];
    return &returned_->records[returned_->next++];
  }

  /// Memory of the blocks that are not exhausted.
  [[nodiscard]] std::size_t buffered_bytes() const { return buffered_bytes_; }
  [[nodiscard]] std::uint64_t late_records() const { return late_records_; }

 private:
  // The order of a block's records among others of the same time: rank of its kind (3 bits), number
  // of the block in the file (37 bits), and its leaf while it has one (24 bits).
  static constexpr int kLeafBits = 24;
  static constexpr int kRankShift = 61;
  static constexpr std::uint64_t kLeafMask = (std::uint64_t{1} << kLeafBits) - 1;

  struct Waiting {
    MergeKey key;
    RecordBlock* block = nullptr;
  };

  static std::uint64_t Rank(ChunkKind kind);

  void AdvanceReturned() {
    RecordBlock& block = *returned_;
    returned_ = nullptr;
    if (block.exhausted()) return EndBegun(block);
    tree_.Set(block.order & kLeafMask, MergeKey(block.next_time_ns(), block.order));
  }
  void BeginWaiting();
  void EndBegun(RecordBlock& block);
  void Release(const MergeKey& limit);

  std::vector<Waiting> waiting_;     // blocks not begun, the earliest last
  std::vector<RecordBlock*> begun_;  // by leaf of tree_; nullptr where none is
  std::vector<std::size_t> free_leaves_;
  TournamentTree tree_;              // of the blocks begun, by their next record
  RecordBlock* returned_ = nullptr;  // holds what Next has returned, to be advanced
  MergeKey limit_{0, 0};             // released up to here
  std::uint64_t released_ns_ = 0;    // a later block with an earlier record is late
  std::deque<RecordBlock> blocks_;
  std::vector<RecordBlock*> spare_;  // those of blocks_ that are not in use
  std::size_t buffered_bytes_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t late_records_ = 0;
};

}  // namespace heimdallr::trace
