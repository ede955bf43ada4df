// What one thread needs to record an event, on one cache line.
#pragma once

#include <cstddef>
#include <cstdint>

#include "channel/abi.h"

namespace heimdallr::preload {

struct StackMemory;

/// The thread's ring and its place in it. Lives in pages marked MADV_WIPEONFORK: in a forked child
/// it reads as zero, which means "no ring", so that the child takes a ring of its own.
///
/// Only the thread and its signal handlers write here. A handler may run between any two
/// instructions, so slots are reserved by one instruction that adds to `cursor`.
struct alignas(128) HotState {
  std::uint64_t cursor;  // number of the next slot
  std::uint64_t limit;   // the fast path may write slots below it; 0 sends it to the slow path
  channel::EventRecord* ring;
  std::uint64_t lap;              // slots of the ring
  channel::RingControl* control;  // nullptr = no ring
  std::uint64_t room;       // slots below it may be written: `limit`, where there is a fast path
  StackMemory* stacks;      // nullptr = record the caller alone
  std::uintptr_t deleting;  // block that operator delete of another allocator is freeing
  HotState* next_unused;    // in the list of states whose threads have ended
};

/// The state of a thread that has no ring, and of all when nothing is recorded. Stays zero.
extern HotState g_no_ring;

/// The state of a thread that is to record nothing for the moment (mute.cc). Stays zero, and such a
/// thread takes no ring.
extern HotState g_muted;

/// Never nullptr. (initial-exec: no call, and no allocation by the loader, to reach it.)
extern constinit thread_local HotState* t_hot;

}  // namespace heimdallr::preload
