// What belongs to one process and must not survive a fork.
#pragma once

#include <atomic>
#include <cstdint>

#include "preload/hot_state.h"

namespace heimdallr::preload {

/// Lives in a page marked MADV_WIPEONFORK. A forked child reads zeros and fills it anew.
struct ProcessState {
  std::atomic<std::uint32_t> lock;  // of the fields below; held with signals blocked
  std::atomic<std::int32_t> pid;    // 0 = not known yet
  std::uint64_t image;              // as in RingControl
  HotState* unused;                 // states of threads that have ended
  char* next;                       // memory for new states: from here ...
  char* end;                        // ... to here
  std::atomic<bool> exit_reported;
};

/// Valid once recording is on.
extern ProcessState* g_process;

/// False when the kernel cannot mark pages so.
bool MakeProcessState();

/// Fills in `pid` and `image`, in the first image and after a fork.
void IdentifyProcess();

/// This is a child that shares the memory of its suspended parent (vfork, posix_spawn): it must not
/// claim or report anything in its own name.
bool SharesParentMemory();

/// A zeroed state for a thread, and behind it room for its StackMemory when the channel asks for
/// stacks; nullptr when there is no memory. Call with signals blocked.
HotState* TakeHotState();
void GiveHotState(HotState* state);

}  // namespace heimdallr::preload
