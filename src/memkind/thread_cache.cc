#include "memkind/thread_cache.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "memkind/kernel.h"
#include "memkind/kind.h"
#include "memkind/thread_end.h"

namespace heimdallr::memory {

constinit thread_local ThreadCache* t_cache = nullptr;

namespace {

// What a magazine starts with, and fetches at first: a thread that allocates little keeps little.
constexpr std::size_t kFirstBytes = 4096;
constexpr std::uint32_t kFirstBlocks = 8;

constinit thread_local ThreadCache* t_suspended = nullptr;
constinit pthread_key_t g_key = 0;
constinit bool g_started = false;
constinit std::size_t g_budget = 0;
constinit SpinLock g_lock;  // of the list, `owner` and `ending`
constinit ThreadCache* g_caches = nullptr;

void SetFirstCapacities(ThreadCache& cache) {
  for (unsigned c = 0; c < kClassCount; ++c) {
    const std::size_t fitting = kFirstBytes / ClassBytes(c);
    cache.magazines[c].capacity =
        fitting >= kFirstBlocks ? kFirstBlocks : static_cast<std::uint32_t>(fitting + 1);
  }
  cache.budget = g_budget;
}

bool HasBlocks(const ThreadCache& cache) {
  for (const Magazine& magazine : cache.magazines) {
    if (magazine.count != 0) return true;
  }
  return false;
}

bool IsFree(const ThreadCache& cache) {
  if (cache.owner == 0) return true;
  return cache.ending && syscall(SYS_tgkill, getpid(), cache.owner, 0) != 0 && errno == ESRCH;
}

void Own(ThreadCache& cache) {
  cache.owner = static_cast<std::int32_t>(syscall(SYS_gettid));
  cache.ending = false;
}

enum class Wanted { kAny, kWithBlocks };

ThreadCache* TakeUnused(Wanted wanted) {
  const Locked locked(g_lock);
  for (ThreadCache* cache = g_caches; cache != nullptr; cache = cache->next) {
    if (IsFree(*cache) && (wanted == Wanted::kAny || HasBlocks(*cache))) {
      Own(*cache);
      return cache;
    }
  }
  return nullptr;
}

ThreadCache* MakeCache() {
  auto* const cache = static_cast<ThreadCache*>(MapAnonymous(sizeof(ThreadCache)));
  if (cache == nullptr) return nullptr;
  SetFirstCapacities(*cache);
  Own(*cache);
  const Locked locked(g_lock);
  cache->next = g_caches;
  g_caches = cache;
  return cache;
}

void GiveBack(ThreadCache& cache) {
  const Locked locked(g_lock);
  cache.owner = 0;
}

void Grow(ThreadCache& cache, unsigned size_class) {
  Magazine& magazine = cache.magazines[size_class];
  const std::uint32_t added = magazine.capacity * 2 <= kMaxMagazineBlocks
                                  ? magazine.capacity
                                  : kMaxMagazineBlocks - magazine.capacity;
  const std::size_t bytes = added * ClassBytes(size_class);
  if (bytes > cache.budget) return;
  cache.budget -= bytes;
  magazine.capacity += added;
}

void Flush(Magazine& magazine, std::uint32_t count) {
  // The oldest; the others are the ones in the processor's cache.
  for (std::uint32_t i = 0; i < count; ++i) KindFree(magazine.blocks[i]);
  magazine.count -= count;
  memmove(magazine.blocks, magazine.blocks + count, magazine.count * sizeof(void*));
}

void FlushCache(ThreadCache& cache) {
  for (Magazine& magazine : cache.magazines) Flush(magazine, magazine.count);
}

// Destructors of other keys and of libc run after this one in the last round, and may still
// allocate: the cache serves them, blocks and all, and goes to another thread once this one is
// gone.
void OnThreadEnd(void* round) {
  const auto number = reinterpret_cast<std::uintptr_t>(round);
  if (number < PTHREAD_DESTRUCTOR_ITERATIONS &&
      pthread_setspecific(g_key, reinterpret_cast<void*>(number + 1)) == 0) {
    return;
  }
  if (ThreadCache* const cache = t_cache; cache != nullptr) {
    const Locked locked(g_lock);
    cache->ending = true;
  }
}

}  // namespace

void StartThreadCaches(std::size_t budget_bytes) {
  g_budget = budget_bytes;
  g_started = pthread_key_create(&g_key, OnThreadEnd) == 0;
}

ThreadCache* GetThreadCache() {
  if (t_cache != nullptr || !g_started || MemkindHasLeftThread()) return t_cache;
  const ErrnoKeeper keep_errno;
  ThreadCache* cache = TakeUnused(Wanted::kAny);
  if (cache == nullptr) cache = MakeCache();
  if (cache == nullptr) return nullptr;
  t_cache = cache;  // before the call below, which may allocate
  if (pthread_setspecific(g_key, reinterpret_cast<void*>(std::uintptr_t{1})) != 0) {
    t_cache = nullptr;
    GiveBack(*cache);
  }
  return t_cache;
}

void* Refill(ThreadCache& cache, unsigned size_class) {
  Magazine& magazine = cache.magazines[size_class];
  void* const first = KindAllocate(ClassBytes(size_class));
  if (first == nullptr) return nullptr;
  const std::uint32_t wanted = magazine.capacity / 2;
  while (magazine.count < wanted) {
    void* const block = KindAllocate(ClassBytes(size_class));
    if (block == nullptr) break;
    if (g_pages.Get(block) != kFirstClass + size_class) {
      // Other classes than ours: whoever made it, it cannot be kept here.
      KindFree(block);
      break;
    }
    magazine.blocks[magazine.count++] = block;
  }
  Grow(cache, size_class);
  return first;
}

void FlushHalf(ThreadCache& cache, unsigned size_class) {
  Magazine& magazine = cache.magazines[size_class];
  Flush(magazine, (magazine.count + 1) / 2);
  Grow(cache, size_class);
}

void FlushAll(ThreadCache* own) {
  if (own != nullptr) FlushCache(*own);
  // Those of threads that have ended, one at a time; each is taken meanwhile, as if by a thread.
  while (ThreadCache* const cache = TakeUnused(Wanted::kWithBlocks)) {
    FlushCache(*cache);
    GiveBack(*cache);
  }
}

void SuspendThreadCache() {
  t_suspended = t_cache;
  t_cache = nullptr;
}

void ResumeThreadCache() { t_cache = t_suspended; }

void AdoptThreadCaches() {
  g_lock.Unlock();  // by whoever held it in the parent
  for (ThreadCache* cache = g_caches; cache != nullptr; cache = cache->next) {
    // The thread has another id here.
    if (cache == t_cache) {
      Own(*cache);
    } else {
      cache->owner = 0;
    }
  }
}

}  // namespace heimdallr::memory
