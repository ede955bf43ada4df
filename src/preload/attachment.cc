#include "preload/attachment.h"

#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "preload/channel_access.h"
#include "preload/libc_state.h"
#include "preload/machine.h"
#include "preload/process_state.h"
#include "preload/real_functions.h"
#include "preload/recording.h"
#include "preload/room.h"
#include "preload/stacks.h"

namespace heimdallr::preload {

using channel::EventCode;
using channel::kMaxRings;
using channel::RingControl;
using channel::RingState;

HotState g_no_ring{};
HotState g_muted{};
constinit thread_local HotState* t_hot = &g_no_ring;

namespace {

// Rings with pages are few and lie close together.
constexpr std::uint32_t kPreparedSearch = 256;
// Looking through all rings costs microseconds: a thread that got none looks again only now and
// then.
constexpr std::uint32_t kEventsPerRetry = 256;

constinit thread_local bool t_attaching = false;
constinit thread_local bool t_ended = false;
constinit thread_local std::uint32_t t_events_to_retry = 0;
constinit pthread_key_t g_key = 0;
constinit bool g_key_made = false;

bool Claim(RingControl& control, RingState from) {
  auto expected = static_cast<std::uint32_t>(from);
  if (control.state.load(std::memory_order_relaxed) != expected) return false;
  // Acquire: the tail the recorder left.
  return control.state.compare_exchange_strong(
      expected, static_cast<std::uint32_t>(RingState::kClaimed), std::memory_order_acquire);
}

struct ClaimedRing {
  RingControl* control = nullptr;
  std::uint32_t index = 0;
  RingPages pages = RingPages::kAsTouched;
};

ClaimedRing ClaimRing() {
  const std::uint32_t start = g_channel.header->claim_hint.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < kPreparedSearch; ++i) {
    const std::uint32_t index = (start + i) % kMaxRings;
    RingControl& control = g_channel.controls[index];
    if (Claim(control, RingState::kPrepared)) return {&control, index, RingPages::kAllNow};
  }
  for (std::uint32_t i = 0; i < kMaxRings; ++i) {
    const std::uint32_t index = (start + i) % kMaxRings;
    RingControl& control = g_channel.controls[index];
    if (Claim(control, RingState::kFree)) return {&control, index, RingPages::kAsTouched};
    if (Claim(control, RingState::kPrepared)) return {&control, index, RingPages::kAllNow};
  }
  return {};
}

void GiveBack(RingControl& control) {
  control.state.store(static_cast<std::uint32_t>(RingState::kRetired), std::memory_order_release);
}

// Fills in a state for a claimed ring. Its fields are in use once t_hot leads to it.
void Connect(HotState& hot, const ClaimedRing& claimed, channel::EventRecord* ring) {
  RingControl& control = *claimed.control;
  std::atomic_ref(control.pid).store(g_process->pid, std::memory_order_relaxed);
  std::atomic_ref(control.tid).store(gettid(), std::memory_order_relaxed);
  std::atomic_ref(control.image).store(g_process->image, std::memory_order_relaxed);
  const std::uint64_t tail = control.tail.load(std::memory_order_relaxed);
  hot.cursor = tail;
  hot.deleting = 0;
  hot.ring = ring;
  hot.lap = g_channel.ring_records;
  hot.room = tail + hot.lap;
  if (g_channel.stack_depth != 0) {
    hot.stacks = reinterpret_cast<StackMemory*>(&hot + 1);
    StartStack(*hot.stacks, reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
  }
  hot.limit = HasFastPath(hot) ? hot.room : 0;
  hot.control = &control;
}

HotState* Attach() {
  IdentifyProcess();
  if (SharesParentMemory()) return nullptr;
  const ClaimedRing claimed = ClaimRing();
  if (claimed.control == nullptr) return nullptr;
  channel::EventRecord* const ring = MapRing(claimed.index, claimed.pages);
  // After a fork the thread has its state still, wiped.
  HotState* const hot = t_hot != &g_no_ring ? t_hot : TakeHotState();
  if (ring == nullptr || hot == nullptr) {
    GiveBack(*claimed.control);
    return nullptr;
  }
  Connect(*hot, claimed, ring);
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const std::uint64_t first = Reserve(*hot, 1);
  Commit(*hot, first, {EventCode::kThreadStart, ThreadPointer(), StackTop(here)}, Now(), 0);
  t_hot = hot;
  return hot;
}

void Detach() {
  const SignalsBlocked blocked;
  HotState* const hot = t_hot;
  t_hot = &g_no_ring;
  t_ended = true;
  if (hot->control == nullptr) return;
  GiveBack(*hot->control);
  hot->control = nullptr;
  GiveHotState(hot);
}

// Destructors of other keys may still free memory, so ours runs in every round until the last.
void OnThreadEnd(void* round) {
  const auto number = reinterpret_cast<std::uintptr_t>(round);
  if (number < PTHREAD_DESTRUCTOR_ITERATIONS) {
    pthread_setspecific(g_key, reinterpret_cast<void*>(number + 1));
  } else {
    Detach();
  }
}

}  // namespace

HotState* AttachThread() {
  if (t_attaching || t_hot == &g_muted || !RealFunctionsKnown()) return nullptr;
  if (g_recording.load(std::memory_order_relaxed) == Recording::kOff) return nullptr;
  if (t_events_to_retry != 0) {
    --t_events_to_retry;
    return nullptr;
  }
  const ErrnoKeeper keep_errno;
  const SignalsBlocked blocked;
  t_attaching = true;
  HotState* hot = nullptr;
  if (OpenChannel() == Recording::kOn) {
    hot = Attach();
    if (hot == nullptr) t_events_to_retry = kEventsPerRetry;
    // A thread in its last moments runs no more destructors; the recorder sees that it is gone.
    if (hot != nullptr && g_key_made && !t_ended) {
      pthread_setspecific(g_key, reinterpret_cast<void*>(std::uintptr_t{1}));
    }
  }
  t_attaching = false;
  return hot;
}

void CountUnringed() {
  if (t_attaching || t_hot == &g_muted ||
      g_recording.load(std::memory_order_relaxed) != Recording::kOn)
    return;
  g_channel.header->unringed_events.fetch_add(1, std::memory_order_relaxed);
}

void WatchThreadEnds() { g_key_made = pthread_key_create(&g_key, OnThreadEnd) == 0; }

}  // namespace heimdallr::preload
