// Gives threads their rings, and takes them back.
#pragma once

#include "preload/hot_state.h"

namespace heimdallr::preload {

/// Takes a ring for the calling thread and reports its start. nullptr when there is none, or
/// nothing is recorded, or this is called from its own inside (what libc allocates for us is no
/// event of the program). Keeps errno.
HotState* AttachThread();

/// Counts an event that has no ring to go to.
void CountUnringed();

/// Makes the key whose destructor gives the ring back at the thread's end. Call once.
void WatchThreadEnds();

}  // namespace heimdallr::preload
