// Turns the interposer's events into records of the trace.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "channel/channel.h"
#include "channel/clock_sync.h"
#include "heimdallr/records.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

class LossLedger;
class ProcessTracker;
class SymbolCollector;
class ThreadPointers;

/// Joins the halves of two-step calls, converts time stamps, resolves stacks. One for a recording.
class AllocationStream : public channel::EventSink {
 public:
  enum class TagMeaning { kCaller, kStack };

  struct Parts {
    trace::TraceWriter& writer;
    ProcessTracker& processes;
    LossLedger& losses;
    SymbolCollector& symbols;
    ThreadPointers& thread_pointers;
    const channel::ClockSync& clock;
  };

  /// `start_ns` is the CLOCK_MONOTONIC time that the trace calls 0.
  AllocationStream(const Parts& parts, TagMeaning tags, std::uint64_t start_ns)
      : parts_(parts), tags_(tags), start_ns_(start_ns) {}

  void OnEvents(const channel::RingOwner& owner,
                std::span<const channel::EventRecord> events) override;
  void OnOwnerGone(const channel::RingOwner& owner) override;

  /// Events that became allocation records.
  [[nodiscard]] std::uint64_t allocations() const { return allocations_; }
  [[nodiscard]] std::uint64_t deallocations() const { return deallocations_; }
  /// Heap blocks made, by channel::MemoryCode.
  [[nodiscard]] const std::array<std::uint64_t, 3>& blocks_by_memory() const {
    return blocks_by_memory_;
  }

 private:
  // The first half of a call that is not finished, innermost last: a signal handler may reallocate
  // in the middle of a realloc.
  struct OpenCall {
    channel::EventCode begin;
    std::uint64_t old_address;
  };
  struct StackInfo {
    std::uint64_t caller = 0;
    std::uint32_t id = 0;
  };
  struct OwnerState {
    std::uint64_t last_time_ns = 0;  // times of one thread never run back
    std::vector<OpenCall> open_calls;
    std::uint64_t stack_hash = 0;  // being defined
    std::uint64_t frames_missing = 0;
    std::vector<std::uint64_t> frames;
    StatisticsRecord exit_report;
  };

  [[nodiscard]] std::uint64_t TimeOf(const channel::EventRecord& event) const;
  void OnCall(const channel::RingOwner& owner, OwnerState& state, const channel::EventRecord& event,
              channel::EventCode code);
  void OnReport(const channel::RingOwner& owner, OwnerState& state,
                const channel::EventRecord& event, channel::EventCode code);
  void OnThreadStart(const channel::RingOwner& owner, const channel::EventRecord& event);
  void OnFrames(const channel::RingOwner& owner, OwnerState& state,
                const channel::EventRecord& event);
  void ResolveMemory(const channel::RingOwner& owner, AllocationRecord& record);
  void ResolveTag(const channel::EventRecord& event, AllocationRecord& record);

  Parts parts_;
  TagMeaning tags_;
  std::uint64_t start_ns_;
  std::unordered_map<std::uint64_t, OwnerState> owners_;    // by RingOwner::owner
  std::unordered_map<std::uint64_t, StackInfo> stacks_;     // by the interposer's hash
  std::unordered_map<std::int32_t, std::uint64_t> images_;  // image last seen of a pid
  std::uint64_t allocations_ = 0;
  std::uint64_t deallocations_ = 0;
  std::array<std::uint64_t, 3> blocks_by_memory_{};
};

}  // namespace heimdallr::recorder
