// Reads one ring of the channel. Knows nothing of who writes into it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "channel/abi.h"

namespace heimdallr::channel {

/// The consumer of one ring. Keeps its own count of slots read, for the shared one could be
/// overwritten by the workload. Borrows the ring and the shared tail.
class RingReader {
 public:
  RingReader() = default;

  /// `slots` is a power of two of records; reading goes on at slot number `tail`.
  RingReader(std::span<EventRecord> slots, std::atomic<std::uint64_t>& shared_tail,
             std::uint64_t tail)
      : slots_(slots), shared_tail_(&shared_tail), tail_(tail) {}

  struct Batch {
    std::size_t records = 0;     ///< copied
    std::uint64_t consumed = 0;  ///< slots passed: the records copied and the corrupt ones
  };

  /// Copies committed records to `into`, leaving out those whose code means nothing, and gives
  /// their slots back to the producer. Stops at the first slot not yet committed.
  Batch Read(std::span<EventRecord> into);

  /// Number of the first slot not read.
  [[nodiscard]] std::uint64_t tail() const { return tail_; }

  /// Something is there to be read.
  [[nodiscard]] bool Ready() const { return Committed(tail_); }

  /// A slot was reserved and left uncommitted although one of the `distance` after it is committed.
  /// That is normal for a moment (a signal handler ran between) and for good when the handler did
  /// not return to the code it interrupted, or when the thread was killed.
  [[nodiscard]] bool HasGap(std::uint64_t distance) const;

  /// Commits the uncommitted slots before the last committed one of the next `distance`, with a
  /// code that means nothing, so that Read passes them.
  void CloseGaps(std::uint64_t distance);

  /// For a ring whose memory is about to be zeroed: moves to the next lap in which zero means
  /// uncommitted.
  void SkipToFreshLap();

 private:
  [[nodiscard]] EventRecord& Slot(std::uint64_t number) const {
    return slots_[number & (slots_.size() - 1)];
  }
  [[nodiscard]] bool Committed(std::uint64_t number) const;

  std::span<EventRecord> slots_;
  std::atomic<std::uint64_t>* shared_tail_ = nullptr;
  std::uint64_t tail_ = 0;
};

}  // namespace heimdallr::channel
