#include "preload/recording.h"

#include "preload/attachment.h"
#include "preload/channel_access.h"
#include "preload/monotonic.h"
#include "preload/room.h"
#include "preload/stacks.h"

namespace heimdallr::preload {

using channel::EventCode;

namespace {

// Takes slots that may be written. Waits before it takes them: a handler may leave the wait by a
// jump, and slots that nobody will ever commit hold up the reader. False when the recorder is gone.
bool ReserveWithRoom(HotState& hot, std::uint64_t count, std::uint64_t& first) {
  const std::uint64_t last = hot.cursor + count - 1;
  if (!AwaitRoom(hot, last)) return false;
  first = Reserve(hot, count);
  return AwaitRoom(hot, first + count - 1);  // a handler may have come between
}

void CountDropped(HotState& hot, std::uint64_t events) {
  // Without a ring: it was lost in the wait.
  std::atomic<std::uint64_t>& count =
      hot.control != nullptr ? hot.control->dropped : g_channel.header->unringed_events;
  count.fetch_add(events, std::memory_order_relaxed);
}

// Signal-safe: a handler that comes between sees the id unsent and sends it too.
void SendStack(HotState& hot, const CallStack& stack) {
  constexpr std::uint32_t kFramesPerSlot = 3;
  const std::uint64_t slots = 1 + (stack.count + kFramesPerSlot - 1) / kFramesPerSlot;
  std::uint64_t number = 0;
  if (!ReserveWithRoom(hot, slots, number)) return;
  Commit(hot, number++, {EventCode::kStackDefinition, stack.count, 0}, Now(), stack.id);
  for (std::uint32_t i = 0; i < stack.count; i += kFramesPerSlot) {
    const auto frame = [&](std::uint32_t index) {
      return index < stack.count ? stack.frames[index] : 0;
    };
    Commit(hot, number++, {EventCode::kStackFrames, frame(i + 1), frame(i + 2)}, frame(i), 0);
  }
  MarkSent(*hot.stacks, stack.id);
}

std::uint64_t Payload(HotState& hot, const CallSite& site) {
  if (hot.stacks == nullptr) return site.caller;
  CallStack stack;
  if (IdentifyStack(*hot.stacks, g_channel.stack_depth, site.caller, site.frame, stack)) {
    SendStack(hot, stack);
  }
  return stack.id;
}

bool IsFree(EventCode code) {
  return code == Code(AllocationCall::kFree) || code == Code(AllocationCall::kFreeSized) ||
         code == Code(AllocationCall::kFreeAlignedSized) ||
         code == Code(AllocationCall::kOperatorDelete) ||
         code == Code(AllocationCall::kOperatorDeleteArray);
}

bool IsHeapAllocation(EventCode code) {
  return (code >= Code(AllocationCall::kMalloc) && code <= Code(AllocationCall::kPvalloc) &&
          code != Code(AllocationCall::kFree)) ||
         code == Code(AllocationCall::kOperatorNew) ||
         code == Code(AllocationCall::kOperatorNewArray);
}

// The ring of this thread, taken now if need be.
HotState* Ring() {
  HotState* hot = t_hot;
  if (hot->control == nullptr) [[unlikely]] {
    hot = AttachThread();
    if (hot == nullptr) CountUnringed();
  }
  return hot;
}

}  // namespace

std::uint64_t Now() {
  return g_channel.tick_stamps ? channel::ReadTimeStampCounter() : MonotonicNs();
}

std::uint64_t TimeBeforeCall() {
  if (t_hot->control == nullptr) AttachThread();
  // Acquire: what the channel's clock is.
  return g_recording.load(std::memory_order_acquire) == Recording::kOn ? Now() : 0;
}

void RecordSlowly(EventCode code, std::uint64_t address, std::uint64_t size, CallSite site,
                  std::uint64_t time) {
  HotState* const hot = Ring();
  if (hot == nullptr) return;
  // operator delete of another allocator hands the block on, to free or to another form of delete:
  // that was recorded already.
  if (hot->deleting == address && IsFree(code)) return;
  const std::uint64_t payload = Payload(*hot, site);
  const std::uint64_t stamp = time != 0 ? time : Now();
  std::uint64_t number = 0;
  if (ReserveWithRoom(*hot, 1, number)) {
    Commit(*hot, number, {code, address, size}, stamp, payload);
  } else {
    CountDropped(*hot, 1);
  }
}

void RecordReserved(HotState& hot, std::uint64_t number, EventCode code, std::uint64_t address,
                    std::uint64_t size, std::uint64_t caller) {
  if (AwaitRoom(hot, number)) {
    Commit(hot, number, {code, address, size}, Now(), caller);
  } else {
    CountDropped(hot, 1);
  }
}

void RecordPair(const Event& first, const Event& second, std::uint64_t payload) {
  HotState* const hot = Ring();
  if (hot == nullptr) return;
  const std::uint64_t now = Now();
  std::uint64_t number = 0;
  if (!ReserveWithRoom(*hot, 2, number)) return CountDropped(*hot, 2);
  Commit(*hot, number, first, now, payload);
  Commit(*hot, number + 1, second, now, payload);
}

bool JustRecorded(const void* block) {
  const HotState& hot = *t_hot;
  if (hot.control == nullptr) return false;
  const channel::EventRecord& last = hot.ring[(hot.cursor - 1) & (hot.lap - 1)];
  return last.address == Address(block) && IsHeapAllocation(channel::TagCode(last.tag));
}

}  // namespace heimdallr::preload
