#include "preload/process_state.h"

#include <linux/mman.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/channel_access.h"
#include "preload/monotonic.h"
#include "preload/stacks.h"

namespace heimdallr::preload {

constinit ProcessState* g_process = nullptr;

namespace {

constexpr std::size_t kProcessStateBytes = 4096;
constexpr std::size_t kChunkBytes = 256 * 1024;
static_assert(sizeof(ProcessState) <= kProcessStateBytes);
static_assert(sizeof(HotState) + sizeof(StackMemory) <= kChunkBytes);

// Zeroed pages that a forked child sees zeroed again.
char* MapWiped(std::size_t bytes) {
  const long address = syscall(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0UL);
  if (address == -1) return nullptr;
  char* const memory = reinterpret_cast<char*>(address);
  if (madvise(memory, bytes, MADV_WIPEONFORK) == 0) return memory;
  syscall(SYS_munmap, memory, bytes);
  return nullptr;
}

class Locked {
 public:
  Locked() {
    while (g_process->lock.exchange(1, std::memory_order_acquire) != 0) sched_yield();
  }
  ~Locked() { g_process->lock.store(0, std::memory_order_release); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
};

std::uint64_t NewImage(std::int32_t pid) {
  return (MonotonicNs() << 16 ^ static_cast<std::uint64_t>(pid)) | 1;
}

std::size_t StateBytes() {
  return sizeof(HotState) + (g_channel.stack_depth != 0 ? sizeof(StackMemory) : 0);
}

// Takes the state's memory from the list or from the chunk; nullptr when both are used up.
HotState* TakeFromPool() {
  const Locked locked;
  if (HotState* const state = g_process->unused; state != nullptr) {
    g_process->unused = state->next_unused;
    return state;
  }
  const std::size_t bytes = StateBytes();
  if (static_cast<std::size_t>(g_process->end - g_process->next) < bytes) {
    char* const chunk = MapWiped(kChunkBytes);
    if (chunk == nullptr) return nullptr;
    g_process->next = chunk;
    g_process->end = chunk + kChunkBytes;
  }
  auto* const state = reinterpret_cast<HotState*>(g_process->next);
  g_process->next += bytes;
  return state;
}

}  // namespace

bool MakeProcessState() {
  g_process = reinterpret_cast<ProcessState*>(MapWiped(kProcessStateBytes));
  return g_process != nullptr;
}

void IdentifyProcess() {
  if (g_process->pid.load(std::memory_order_acquire) != 0) return;
  const Locked locked;
  if (g_process->pid.load(std::memory_order_relaxed) != 0) return;
  const std::int32_t pid = getpid();
  g_process->image = NewImage(pid);
  g_process->pid.store(pid, std::memory_order_release);
}

bool SharesParentMemory() {
  const std::int32_t known = g_process->pid.load(std::memory_order_acquire);
  return known != 0 && known != getpid();
}

HotState* TakeHotState() {
  HotState* const state = TakeFromPool();
  if (state != nullptr) memset(static_cast<void*>(state), 0, sizeof(HotState));
  return state;
}

void GiveHotState(HotState* state) {
  const Locked locked;
  state->next_unused = g_process->unused;
  g_process->unused = state;
}

}  // namespace heimdallr::preload
