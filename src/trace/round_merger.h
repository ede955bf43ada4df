// Blocks in, records in order of time out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "heimdallr/records.h"
#include "trace/format.h"
#include "trace/record_block.h"

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
    if (current_ != nullptr && !current_->exhausted() && Precedes(*current_, bound_)) {
      return &current_->records[current_->next++];
    }
    return Select();
  }

  /// Memory of the blocks that are not exhausted.
  [[nodiscard]] std::size_t buffered_bytes() const { return buffered_bytes_; }
  [[nodiscard]] std::uint64_t late_records() const { return late_records_; }

 private:
  /// Where a block is in the merged order: its next record's.
  struct Place {
    std::uint64_t time_ns = 0;
    std::uint64_t order = 0;
    RecordBlock* block = nullptr;
  };

  static bool Precedes(const RecordBlock& block, const Place& bound) {
    const std::uint64_t time_ns = block.next_time_ns();
    return time_ns < bound.time_ns || (time_ns == bound.time_ns && block.order < bound.order);
  }
  static bool After(const Place& a, const Place& b) {
    return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.order > b.order;
  }
  static Place PlaceOf(RecordBlock& block) { return {block.next_time_ns(), block.order, &block}; }

  void Release(const Place& limit);
  /// Chooses the block with the earliest record, and how far it may go.
  const Record* Select();
  void PutBackCurrent();

  std::vector<Place> waiting_;  // blocks not begun, the earliest last
  std::vector<Place> begun_;    // a heap, the earliest first
  RecordBlock* current_ = nullptr;
  Place bound_;                    // current_ may go on to here
  Place limit_;                    // released up to here
  std::uint64_t released_ns_ = 0;  // a later block with an earlier record is late
  std::deque<RecordBlock> blocks_;
  std::vector<RecordBlock*> spare_;  // those of blocks_ that are not in use
  std::size_t buffered_bytes_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t late_records_ = 0;
};

}  // namespace heimdallr::trace
