#include "preload/recording.h"

#include <time.h>
#include <unistd.h>

#include "preload/attachment.h"
#include "preload/channel_access.h"
#include "preload/room.h"
#include "preload/stacks.h"

namespace heimdallr::preload {

using channel::EventCode;

namespace {

// Signal-safe: a handler that comes between sees the id unsent and sends it too.
void SendStack(HotState& hot, const CallStack& stack) {
  constexpr std::uint32_t kFramesPerSlot = 3;
  const std::uint64_t slots = 1 + (stack.count + kFramesPerSlot - 1) / kFramesPerSlot;
  const std::uint64_t first = Reserve(hot, slots);
  if (!AwaitRoom(hot, first + slots - 1)) return;
  Commit(hot, first, {EventCode::kStackDefinition, stack.count, 0}, Now(), stack.id);
  std::uint64_t number = first + 1;
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
         code == Code(AllocationCall::kFreeAlignedSized);
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

void CommitWithRoom(HotState& hot, std::uint64_t number, const Event& event, std::uint64_t time,
                    std::uint64_t payload) {
  if (AwaitRoom(hot, number)) {
    Commit(hot, number, event, time, payload);
  } else {
    hot.control->dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

std::uint64_t Now() {
#if defined(__x86_64__)
  if (g_channel.tick_stamps) return __rdtsc();
#endif
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void RecordSlowly(EventCode code, std::uint64_t address, std::uint64_t size, CallSite site,
                  std::uint64_t time) {
  HotState* const hot = Ring();
  if (hot == nullptr) return;
  // operator delete of another allocator gives the block to free: that was recorded already.
  if (hot->deleting == address && IsFree(code)) return;
  const std::uint64_t payload = Payload(*hot, site);
  const std::uint64_t stamp = time != 0 ? time : Now();
  CommitWithRoom(*hot, Reserve(*hot, 1), {code, address, size}, stamp, payload);
}

void RecordReserved(HotState& hot, std::uint64_t number, EventCode code, std::uint64_t address,
                    std::uint64_t size, std::uint64_t caller) {
  CommitWithRoom(hot, number, {code, address, size}, Now(), caller);
}

void RecordPair(const Event& first, const Event& second, std::uint64_t payload) {
  HotState* const hot = Ring();
  if (hot == nullptr) return;
  const std::uint64_t number = Reserve(*hot, 2);
  const std::uint64_t now = Now();
  CommitWithRoom(*hot, number, first, now, payload);
  CommitWithRoom(*hot, number + 1, second, now, payload);
}

bool JustRecorded(const void* block) {
  const HotState& hot = *t_hot;
  if (hot.control == nullptr) return false;
  const channel::EventRecord& last = hot.ring[(hot.cursor - 1) & (hot.lap - 1)];
  return last.address == Address(block) && IsHeapAllocation(channel::TagCode(last.tag));
}

}  // namespace heimdallr::preload
