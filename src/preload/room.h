// Back-pressure: a thread waits until the recorder has read, and never for a recorder that is gone.
#pragma once

#include <cstdint>

#include "preload/hot_state.h"

namespace heimdallr::preload {

/// This thread's events may be written without the general path: they need no stacks and no other
/// clock than the counter, and no other allocator's operators are to be watched.
bool HasFastPath(const HotState& hot);

/// From now on operators of another allocator are called, so all events take the general path.
/// Call before threads start.
void ForbidFastPath();

/// Waits until slot `number` may be written, as long as the recorder lives, also when it is
/// stopped; otherwise ends the recording. False too when the recorder has given the ring to another
/// thread: `hot` has none then. Counts the waits. Keeps errno.
bool WaitForRoom(HotState& hot, std::uint64_t number);

inline bool AwaitRoom(HotState& hot, std::uint64_t number) {
  return number < hot.room || WaitForRoom(hot, number);
}

}  // namespace heimdallr::preload
