// Call stacks by frame pointers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "channel/abi.h"

namespace heimdallr::preload {

inline constexpr std::size_t kMaxLinks = channel::kMaxStackDepth;
inline constexpr std::size_t kSentStacks = 1024;

/// What leads from the frame of a function to that of its caller.
struct FrameLink {
  std::uintptr_t next;   // the frame pointer of the calling function
  std::uint64_t caller;  // return address into it
};

/// What a thread knows of its stack. Zero means nothing. Follows the thread's HotState, so it is
/// wiped by a fork with it.
struct StackMemory {
  // Addresses from `low` up to `top` can be read: the part of the stack in use so far.
  std::uintptr_t low;
  std::uintptr_t top;
  std::uintptr_t foreign;  // region (address >> 20) last found not to belong to the stack

  // The chain of frames last walked, without the innermost return address: allocations in a loop
  // have the same one, and comparing is quicker than following it.
  std::uint64_t hash;
  std::uint32_t frames;  // of the stack, the innermost excluded
  std::uint32_t links;   // entries below; one more than frames when the last ended the walk
  std::uintptr_t first;  // address of the innermost frame
  std::uint64_t uses;    // a hook that finds this changed was interrupted by another here
  FrameLink link[kMaxLinks];

  std::uint64_t sent[kSentStacks];  // ids of stacks this owner has sent, by their low bits
};

/// A stack as it is sent.
struct CallStack {
  std::uint64_t id;     // hash of the frames, 56 bits, not 0
  std::uint32_t count;  // frames, innermost first
  std::uint64_t frames[channel::kMaxStackDepth];
};

/// First address above the stack that contains `inside`, for the calling thread.
[[nodiscard]] std::uintptr_t StackTop(std::uintptr_t inside);

/// Forgets all and says which stack the thread runs on; `inside` is an address in it.
void StartStack(StackMemory& memory, std::uintptr_t inside);

/// Identity of the stack with at most `depth` (> 0) frames of which `caller` is the innermost.
/// `hook_frame` is the frame of the hook, whose saved frame pointer is the caller's. Memory is read
/// only inside the thread's stack; a frame chain that leaves it or does not lead strictly upward
/// ends there. Returns true when the stack has not been sent; `frames` and `count` are valid then.
bool IdentifyStack(StackMemory& memory, std::uint32_t depth, std::uint64_t caller,
                   const void* hook_frame, CallStack& stack);

/// To be called once the definition is committed.
inline void MarkSent(StackMemory& memory, std::uint64_t id) { memory.sent[id % kSentStacks] = id; }

}  // namespace heimdallr::preload
