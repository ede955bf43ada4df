#include "memkind/heap.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <atomic>

#include "channel/abi.h"
#include "memkind/environment.h"
#include "memkind/kernel.h"
#include "memkind/kind.h"
#include "memkind/memkind_call.h"
#include "memkind/page_table.h"
#include "memkind/real_allocator.h"
#include "memkind/size_classes.h"
#include "memkind/thread_cache.h"
#include "memkind/thread_end.h"

namespace heimdallr::memory {
namespace {

enum class State : std::uint8_t {
  kOff,          // the real allocator serves: not started yet, nothing asked for, or ending
  kReady,        // the kind serves
  kUnavailable,  // there is no kind, but one was asked for
};
constinit std::atomic<State> g_state{State::kOff};
constinit Settings g_settings{};

// What each thread may keep; less of a heap with a limit.
constexpr std::size_t kThreadBytes = std::size_t{2} << 20;
constexpr std::uint64_t kThreadsOfLimit = 64;

// The block that the real allocator last gave this thread as the memory asked for had no room.
constinit thread_local const void* t_fallback = nullptr;

// libc allocates for itself.
constinit thread_local bool t_libcs_own = false;

bool Is(State state) { return g_state.load(std::memory_order_acquire) == state; }

// memkind is not to be asked: it is not there, or it is asking itself.
bool PassOn() { return Is(State::kOff) || InsideMemkind() || t_libcs_own; }

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

struct Taken {
  void* block = nullptr;
  bool refused = false;  // memkind could not be asked
};

// `take` asks memkind; once more after what threads keep has been given back.
template <typename Take>
Taken TakeFromKind(const Take& take) {
  ThreadCache* const cache = GetThreadCache();
  const MemkindCall call;
  if (!call || MemkindHasLeftThread()) return {nullptr, true};
  void* block = take(cache);
  if (block == nullptr) {
    FlushAll(cache);
    if (KindPurge()) block = take(cache);
  }
  return {block, false};
}

// memkind's block, or what `give` has of the real allocator, where that may serve.
template <typename Take, typename Give>
void* TakeOrGive(std::size_t size, const Take& take, const Give& give) {
  if (PassOn()) {
    const OutsideMemkind outside;
    return give();
  }
  if (size > PTRDIFF_MAX) return NoMemory();
  if (Is(State::kReady)) {
    const Taken taken = TakeFromKind(take);
    if (taken.block != nullptr) return taken.block;
    if (taken.refused) return give();
  }
  if (!g_settings.fallback) return NoMemory();
  void* const block = give();
  t_fallback = block;
  return block;
}

void* Pop(ThreadCache* cache, unsigned size_class) {
  if (cache == nullptr || cache->magazines[size_class].count == 0) return nullptr;
  Magazine& magazine = cache->magazines[size_class];
  return magazine.blocks[--magazine.count];
}

void* TakeOfClass(ThreadCache* cache, unsigned size_class) {
  if (void* const block = Pop(cache, size_class); block != nullptr) return block;
  return cache != nullptr ? Refill(*cache, size_class) : KindAllocate(ClassBytes(size_class));
}

// Of a block of memkind's; `wanted` is enough.
std::size_t ReadableBytes(void* block, PageMark mark, std::size_t wanted) {
  if (mark >= kFirstClass) return ClassBytes(mark - kFirstClass);
  if (const MemkindCall call; call) return KindUsableSize(block);
  return g_pages.OwnBytesFrom(block, wanted);  // memkind is down; the pages are still there
}

void* MoveTo(void* to, void* block, std::size_t readable, std::size_t size) {
  if (to == nullptr) return nullptr;
  memcpy(to, block, readable < size ? readable : size);
  Free(block);
  return to;
}

void* ResizeForeign(void* block, std::size_t size) {
  const bool in_arena = InArena(block);
  if (PassOn() && !in_arena) {
    const OutsideMemkind outside;
    return Real().realloc(block, size);
  }
  if (size == 0) {
    Free(block);
    return nullptr;
  }
  const std::size_t readable = in_arena ? ArenaBlockSize(block) : Real().malloc_usable_size(block);
  return MoveTo(Allocate(size), block, readable, size);
}

// Both sizes beyond the classes: memkind may do it in place.
void* ResizeLarge(void* block, std::size_t size) {
  return TakeOrGive(
      size, [&](ThreadCache*) { return KindResize(block, size); },
      [&] {
        return MoveTo(Real().malloc(size), block, ReadableBytes(block, kOwnPage, size), size);
      });
}

void FreeOwn(void* block, PageMark mark) {
  if (InsideMemkind()) return KindFree(block);
  ThreadCache* const cache =
      mark >= kFirstClass && Is(State::kReady) && !t_libcs_own ? GetThreadCache() : nullptr;
  if (cache != nullptr) {
    Magazine& magazine = cache->magazines[mark - kFirstClass];
    if (magazine.count == magazine.capacity) {
      if (const MemkindCall call; call) FlushHalf(*cache, mark - kFirstClass);
    }
    if (magazine.count < magazine.capacity) {
      magazine.blocks[magazine.count++] = block;
      return;
    }
  }
  // Else it is left as it is: memkind is down, or this thread forks.
  if (const MemkindCall call; call) KindFree(block);
}

void ComplainUnlessFallback(const char* asked, const char* reason) {
  if (g_settings.fallback) return;
  Complain({"the memory asked for (", asked, ") cannot be had: ", reason,
            ". Every allocation fails; --memory-fallback would take other memory"});
}

std::size_t ThreadBytes() {
  const std::uint64_t share = g_settings.size_bytes / kThreadsOfLimit;
  return share != 0 && share < kThreadBytes ? share : kThreadBytes;
}

}  // namespace

void StartHeap() {
  const ErrnoKeeper keep_errno;
  const char* const asked = EnvironmentValue(channel::kMemoryVariable);
  if (asked == nullptr || *asked == '\0') return;
  const char* reason = "its description is not understood";
  if (ReadSettings(asked, g_settings)) {
    StartThreadCaches(ThreadBytes());
    const MemkindCall call;
    reason = OpenKind(g_settings);
  }
  if (reason != nullptr) ComplainUnlessFallback(asked, reason);
  g_state.store(reason == nullptr ? State::kReady : State::kUnavailable, std::memory_order_release);
}

void StopHeap() {
  if (Is(State::kReady)) g_state.store(State::kOff, std::memory_order_release);
  CloseMemkindForExit();
}

const Settings& HeapSettings() { return g_settings; }

bool HeapIsFileBacked() { return g_settings.folder != nullptr; }

void* Allocate(std::size_t size) {
  return TakeOrGive(
      size,
      [&](ThreadCache* cache) {
        return size <= kMaxClassBytes ? TakeOfClass(cache, ClassOf(size)) : KindAllocate(size);
      },
      [&] { return Real().malloc(size); });
}

void* AllocateZeroed(std::size_t bytes) {
  if (bytes <= kMaxClassBytes && !PassOn()) {
    void* const block = Allocate(bytes);
    return block != nullptr ? memset(block, 0, bytes) : nullptr;
  }
  return TakeOrGive(
      bytes, [&](ThreadCache*) { return KindAllocateZeroed(bytes); },
      [&] { return Real().calloc(1, bytes); });
}

void* AllocateAligned(std::size_t alignment, std::size_t size) {
  if (alignment <= alignof(std::max_align_t)) return Allocate(size);
  const unsigned size_class = AlignedClass(alignment, size);
  if (size_class != kNoClass) {
    if (void* const block = Pop(t_cache, size_class); block != nullptr) return block;
  }
  return TakeOrGive(
      size,
      [&](ThreadCache* cache) {
        return size_class != kNoClass ? TakeOfClass(cache, size_class)
                                      : KindAllocateAligned(alignment, size != 0 ? size : 1);
      },
      [&] { return Real().memalign(alignment, size); });
}

void Free(void* block) {
  if (block == nullptr) return;
  const PageMark mark = g_pages.Get(block);
  if (mark != kForeignPage) return FreeOwn(block, mark);
  if (InArena(block)) return;
  const OutsideMemkind outside;
  Real().free(block);
}

std::size_t UsableSize(void* block) {
  if (block == nullptr) return 0;
  const PageMark mark = g_pages.Get(block);
  if (mark != kForeignPage) {
    if (InsideMemkind()) return KindUsableSize(block);
    return mark >= kFirstClass || !MemkindIsClosedForExit() ? ReadableBytes(block, mark, 0) : 0;
  }
  return InArena(block) ? ArenaBlockSize(block) : Real().malloc_usable_size(block);
}

void* Resize(void* block, std::size_t size) {
  if (block == nullptr) return Allocate(size);
  const PageMark mark = g_pages.Get(block);
  if (mark == kForeignPage) return ResizeForeign(block, size);
  if (size == 0) {
    Free(block);
    return nullptr;
  }
  if (mark < kFirstClass && size > kMaxClassBytes) return ResizeLarge(block, size);
  const bool fits = mark < kFirstClass || size <= ClassBytes(mark - kFirstClass);
  if (mark >= kFirstClass && fits && ClassOf(size) == unsigned{mark} - kFirstClass) return block;
  const int saved_errno = errno;
  void* const moved = Allocate(size);
  if (moved == nullptr && fits) {  // smaller, where it is
    errno = saved_errno;
    return block;
  }
  return MoveTo(moved, block, ReadableBytes(block, mark, size), size);
}

LibcsOwn::LibcsOwn() : cache_(t_cache), outer_(t_libcs_own) {
  if (!HeapIsFileBacked()) return;
  t_libcs_own = true;
  t_cache = nullptr;
}

LibcsOwn::~LibcsOwn() {
  if (!HeapIsFileBacked()) return;
  t_libcs_own = outer_;
  t_cache = cache_;
}

Served ServedBy(const void* block) {
  if (g_pages.Get(block) != kForeignPage) return Served::kAsAsked;
  return block == t_fallback && block != nullptr ? Served::kByFallback : Served::kByRealAllocator;
}

}  // namespace heimdallr::memory
