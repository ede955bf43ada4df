#include "channel/ring_reader.h"

#include <algorithm>

#include "heimdallr/records.h"

namespace heimdallr::channel {
namespace {

constexpr auto kLastCallCode = static_cast<std::uint64_t>(AllocationCall::kSbrk);

constexpr bool IsEventCode(EventCode code) {
  const auto value = static_cast<std::uint64_t>(code);
  return (value >= 1 && value <= kLastCallCode) ||
         (code >= EventCode::kReallocBegin && code <= EventCode::kSbrkShrink) ||
         (code >= EventCode::kThreadStart && code <= EventCode::kNamespaceBypass);
}

std::uint64_t LoadRelaxed(std::uint64_t& field) {
  return std::atomic_ref(field).load(std::memory_order_relaxed);
}

}  // namespace

bool RingReader::Committed(std::uint64_t number) const {
  // Acquire: pairs with the producer's release of the tag, so that the other fields are seen.
  const std::uint64_t tag = std::atomic_ref(Slot(number).tag).load(std::memory_order_acquire);
  return tag >> 63 == CommitPhase(number, slots_.size());
}

RingReader::Batch RingReader::Read(std::span<EventRecord> into) {
  const std::uint64_t end = tail_ + std::min(into.size(), slots_.size());
  std::uint64_t number = tail_;
  std::size_t records = 0;
  for (; number != end; ++number) {
    EventRecord& slot = Slot(number);
    const std::uint64_t tag = std::atomic_ref(slot.tag).load(std::memory_order_acquire);
    if (tag >> 63 != CommitPhase(number, slots_.size())) break;
    if (!IsEventCode(TagCode(tag))) continue;
    into[records++] = {LoadRelaxed(slot.time), LoadRelaxed(slot.address), LoadRelaxed(slot.size),
                       tag};
  }
  const Batch batch{.records = records, .consumed = number - tail_};
  if (batch.consumed != 0) {
    tail_ = number;
    // Release: the producer overwrites the slots only after our reads of them.
    shared_tail_->store(number, std::memory_order_release);
  }
  return batch;
}

bool RingReader::HasGap(std::uint64_t distance) const {
  if (Committed(tail_)) return false;
  const std::uint64_t end = tail_ + std::min<std::uint64_t>(distance, slots_.size());
  for (std::uint64_t number = tail_ + 1; number < end; ++number) {
    if (Committed(number)) return true;
  }
  return false;
}

void RingReader::CloseGaps(std::uint64_t distance) {
  const std::uint64_t end = tail_ + std::min<std::uint64_t>(distance, slots_.size());
  std::uint64_t last = tail_;  // one past the last committed slot
  for (std::uint64_t number = tail_; number < end; ++number) {
    if (Committed(number)) last = number + 1;
  }
  for (std::uint64_t number = tail_; number < last; ++number) {
    if (Committed(number)) continue;
    // The phase must be that of this lap: the old one would read as committed in the next.
    const std::uint64_t tag = MakeTag(EventCode{0}, 0, CommitPhase(number, slots_.size()));
    std::atomic_ref(Slot(number).tag).store(tag, std::memory_order_relaxed);
  }
}

void RingReader::SkipToFreshLap() {
  const std::uint64_t two_laps = 2 * slots_.size();
  tail_ = (tail_ + two_laps - 1) / two_laps * two_laps;
  shared_tail_->store(tail_, std::memory_order_relaxed);
}

}  // namespace heimdallr::channel
