// Writes events into the thread's ring. The hooks are a few lines each over this.
#pragma once

#include <atomic>
#include <cstdint>

#include "channel/abi.h"
#include "channel/time_stamp.h"
#include "heimdallr/records.h"
#include "preload/hot_state.h"

namespace heimdallr::preload {

/// Where a hook was called from.
struct CallSite {
  std::uint64_t caller;  // return address
  const void* frame;     // of the hook; its saved frame pointer is the caller's
};

/// For use in the body of a hook alone.
[[gnu::always_inline]] inline CallSite Here() {
  return {reinterpret_cast<std::uint64_t>(__builtin_return_address(0)), __builtin_frame_address(0)};
}

/// What is said of a call, but for its time.
struct Event {
  channel::EventCode code;
  std::uint64_t address;
  std::uint64_t size;
};

constexpr channel::EventCode Code(AllocationCall call) {
  return static_cast<channel::EventCode>(call);
}

inline std::uint64_t Address(const void* block) { return reinterpret_cast<std::uint64_t>(block); }

/// Time of now in the units of the channel.
std::uint64_t Now();

/// As Now, for an event that is recorded after the real call: takes a ring first if there is none,
/// as the units are known only then. 0 when nothing is recorded yet.
std::uint64_t TimeBeforeCall();

/// Takes `count` slots and returns the number of the first. A signal handler comes before or
/// after it: it is one instruction, or one that fails and is repeated when the thread was
/// interrupted. No other thread takes slots here, so it needs no lock.
[[gnu::always_inline]] inline std::uint64_t Reserve(HotState& hot, std::uint64_t count) {
#if defined(__x86_64__)
  asm volatile("xaddq %0, %1" : "+r"(count), "+m"(hot.cursor) : : "cc");
  return count;
#else
  return std::atomic_ref(hot.cursor).fetch_add(count, std::memory_order_relaxed);
#endif
}

[[gnu::always_inline]] inline void Commit(const HotState& hot, std::uint64_t number,
                                          const Event& event, std::uint64_t time,
                                          std::uint64_t payload) {
  channel::EventRecord& slot = hot.ring[number & (hot.lap - 1)];
  slot.time = time;
  slot.address = event.address;
  slot.size = event.size;
  const std::uint64_t phase = channel::CommitPhase(number, hot.lap);
  // Release: the recorder, who acquires the tag, sees the rest.
  std::atomic_ref(slot.tag).store(channel::MakeTag(event.code, payload, phase),
                                  std::memory_order_release);
}

// The two below take single values: they arrive in registers, so that the fast path of the hooks
// needs no memory for them.

/// The general way: takes a ring if there is none, waits for room, sends stacks, or does nothing.
/// `time` 0 = now.
void RecordSlowly(channel::EventCode code, std::uint64_t address, std::uint64_t size, CallSite site,
                  std::uint64_t time);

/// For a slot reserved when a signal handler used up the room in between.
void RecordReserved(HotState& hot, std::uint64_t number, channel::EventCode code,
                    std::uint64_t address, std::uint64_t size, std::uint64_t caller);

/// Two events in adjacent slots, now.
void RecordPair(const Event& first, const Event& second, std::uint64_t payload);

/// Records one event of now. Keeps errno; can be called anywhere, also in a signal handler.
[[gnu::always_inline]] inline void Record(const Event& event, const CallSite& site) {
  HotState& hot = *t_hot;
  // The limit is 0 where there is no counter.
  if (hot.cursor < hot.limit) [[likely]] {
    const std::uint64_t number = Reserve(hot, 1);
    if (number < hot.limit) [[likely]] {
      Commit(hot, number, event, channel::ReadTimeStampCounter(), site.caller);
    } else {
      RecordReserved(hot, number, event.code, event.address, event.size, site.caller);
    }
    return;
  }
  RecordSlowly(event.code, event.address, event.size, site, 0);
}

/// The last event this thread recorded is the allocation of `block`: an allocator called from a
/// hook has reported it itself.
bool JustRecorded(const void* block);

}  // namespace heimdallr::preload
