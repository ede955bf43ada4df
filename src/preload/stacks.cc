#include "preload/stacks.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/libc_state.h"
#include "preload/machine.h"

namespace heimdallr::preload {
namespace {

constexpr std::uintptr_t kPage = 4096;            // or larger ones, in steps of these
constexpr std::uintptr_t kMaxGrowth = 64U << 20;  // of the part in use, between two looks
constexpr std::uintptr_t kLowestCode = 4096;
constexpr std::uint64_t kIdMask = channel::kTagPayloadMask;

constexpr std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15;
  return hash ^ hash >> 32;
}

// The kernel copies the set before it rejects the first argument: EFAULT tells that the address
// cannot be read, without a signal.
bool Readable(std::uintptr_t address) {
  return syscall(SYS_rt_sigprocmask, ~0L, address, nullptr, sizeof(std::uint64_t)) == 0 ||
         errno != EFAULT;
}

// Looks whether everything from `inside` up to what is known is readable. A guard page or a hole
// means that the code runs on another stack (a coroutine's, an alternate signal stack).
[[gnu::noinline]] bool Extend(StackMemory& memory, std::uintptr_t inside) {
  if (inside >= memory.top || memory.foreign == inside >> 20) return false;
  const ErrnoKeeper keep_errno;
  bool reached = memory.low - inside <= kMaxGrowth;
  const std::uintptr_t first_page = inside & ~(kPage - 1);
  std::uintptr_t page = (memory.low + kPage - 1) & ~(kPage - 1);
  while (reached && page > first_page) {
    page -= kPage;
    reached = Readable(page);
    if (reached) memory.low = page;
  }
  if (!reached) memory.foreign = inside >> 20;
  return reached;
}

// Of a frame up to its last word that is read.
#if defined(__powerpc64__)
constexpr std::uintptr_t kFrameBytes = 3 * sizeof(std::uintptr_t);
#else
constexpr std::uintptr_t kFrameBytes = sizeof(FrameLink);
#endif

bool Usable(const StackMemory& memory, std::uintptr_t frame, std::uintptr_t below) {
  return frame > below && (frame & 7) == 0 && frame < memory.top &&
         memory.top - frame >= kFrameBytes;
}

std::uintptr_t NextFrame(std::uintptr_t frame) {
  return *reinterpret_cast<const std::uintptr_t*>(frame);
}

#if defined(__powerpc64__)

// Each frame begins with the address of the next one, in which the return address was saved:
// behind the words for that address and for the condition register (ELFv2 ABI, 2.2.2).
FrameLink LinkAt(const StackMemory& memory, std::uintptr_t frame) {
  const std::uintptr_t next = NextFrame(frame);
  if (!Usable(memory, next, frame)) return {next, 0};
  return {next, reinterpret_cast<const std::uint64_t*>(next)[2]};
}

#else

FrameLink LinkAt(const StackMemory& /*memory*/, std::uintptr_t frame) {
  return *reinterpret_cast<const FrameLink*>(frame);
}

#endif

// Bits in which two links differ.
std::uint64_t Difference(const FrameLink& one, const FrameLink& other) {
  return (one.next ^ other.next) | (one.caller ^ other.caller);
}

// The chain from `frame` on is the one walked last. A signal handler may put another in its place
// meanwhile, so an address from there may lead anywhere.
bool SameChain(const StackMemory& memory, std::uintptr_t frame) {
  const std::uint32_t links = memory.links;
  if (links == 0 || memory.first != frame) return false;
  const std::uintptr_t low = memory.low;
  const std::uintptr_t last = memory.top - kFrameBytes - low;
  std::uint64_t difference = 0;
  for (std::uint32_t i = 0; i < links; ++i) {
    if (frame - low > last) return false;
    difference |= Difference(LinkAt(memory, frame), memory.link[i]);
    // Known beforehand: the loads do not wait for each other as in a walk.
    frame = __atomic_load_n(&memory.link[i].next, __ATOMIC_RELAXED);
  }
  return difference == 0;
}

// Code that signs return addresses (ARM's pointer authentication) saves them signed, above the 48
// bits that code lies in.
std::uint64_t Unsigned(std::uint64_t caller) {
#if defined(__aarch64__)
  return caller & ((std::uint64_t{1} << 48) - 1);
#else
  return caller;
#endif
}

// Follows the chain and keeps it. What a jump out of a signal handler leaves half done, or a
// handler has mixed with its own, is not kept: `links` is 0 until all else is there.
void Walk(StackMemory& memory, std::uintptr_t frame, std::uintptr_t below,
          std::uint32_t max_frames) {
  const std::uint64_t use = memory.uses;
  memory.links = 0;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  memory.first = frame;
  std::uint64_t hash = 0;
  std::uint32_t frames = 0;
  std::uint32_t links = 0;
  while (frames < max_frames && Usable(memory, frame, below)) {
    const FrameLink link = LinkAt(memory, frame);
    memory.link[links++] = link;
    const std::uint64_t caller = Unsigned(link.caller);
    if (caller < kLowestCode || caller > kIdMask) break;
    ++frames;
    hash = Mix(hash, caller);
    below = frame;
    frame = link.next;
  }
  memory.hash = hash;
  memory.frames = frames;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (memory.uses == use) memory.links = links;
}

std::uint64_t Id(std::uint64_t chain_hash, std::uint64_t caller) {
  const std::uint64_t id = Mix(Mix(chain_hash, caller), caller >> 7) & kIdMask;
  return id != 0 ? id : 1;
}

}  // namespace

std::uintptr_t StackTop(std::uintptr_t inside) {
  const std::uintptr_t thread = ThreadPointer();
  // The kernel puts the path of the program at the top of the main stack.
  std::uintptr_t main_top = getauxval(AT_EXECFN);
  if (main_top != 0) {
    main_top += strlen(reinterpret_cast<const char*>(main_top)) + 1;
    main_top = (main_top + kPage - 1) & ~(kPage - 1);
  }
  // A thread's descriptor is at the top of its stack, where libc made it; a forked child may run on
  // such a stack too. The main thread's descriptor is elsewhere, below its stack.
  if (main_top <= inside) return thread > inside ? thread : 0;
  return thread > inside && thread < main_top ? thread : main_top;
}

void StartStack(StackMemory& memory, std::uintptr_t inside) {
  memset(static_cast<void*>(&memory), 0, sizeof(memory));
  memory.top = StackTop(inside);
  memory.low = memory.top;
}

bool IdentifyStack(StackMemory& memory, std::uint32_t depth, std::uint64_t caller,
                   const void* hook_frame, CallStack& stack) {
  const auto hook = reinterpret_cast<std::uintptr_t>(hook_frame);
  const bool known = (hook >= memory.low && hook < memory.top) || Extend(memory, hook);
  stack.frames[0] = caller;
  if (known) {
    // Signal handlers may come at any point and use the memory too. This one notices at the end;
    // nothing is held that a handler could leave taken by a jump.
    const std::uint64_t use = ++memory.uses;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const std::uintptr_t first = NextFrame(hook);
    if (first <= hook || !SameChain(memory, first)) Walk(memory, first, hook, depth - 1);
    stack.id = Id(memory.hash, caller);
    stack.count = memory.frames + 1;
    const bool unsent = memory.sent[stack.id % kSentStacks] != stack.id;
    for (std::uint32_t i = 0; unsent && i + 1 < stack.count; ++i) {
      stack.frames[i + 1] = Unsigned(memory.link[i].caller);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (memory.uses == use) return unsent;
    memory.links = 0;  // a mixture of two chains, maybe
  }
  stack.id = Id(0, caller);
  stack.count = 1;
  return memory.sent[stack.id % kSentStacks] != stack.id;
}

}  // namespace heimdallr::preload
