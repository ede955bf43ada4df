// Free blocks that a thread keeps, by size class. memkind takes 0.6 us for a pair in a file-backed
// kind; from here it is a few instructions.
//
// The memory of the caches is not memkind's, and a cache whose thread is gone goes to the next one
// with the blocks in it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "memkind/size_classes.h"

namespace heimdallr::memory {

/// How many blocks of one class a thread keeps at most.
inline constexpr std::uint32_t kMaxMagazineBlocks = 256;

struct Magazine {
  std::uint32_t count;
  std::uint32_t capacity;  // grows with use, within the budget of the thread
  void* blocks[kMaxMagazineBlocks];
};

struct ThreadCache {
  Magazine magazines[kClassCount];
  std::size_t budget;  // bytes that capacities may still grow by
  ThreadCache* next;   // in the list of all
  std::int32_t owner;  // thread id; 0 = nobody has it
  bool ending;         // its owner is in its last moments: free once that is gone
};

/// nullptr = use the general way: the thread has none yet (or no more), or is inside memkind.
extern constinit thread_local ThreadCache* t_cache;

/// Called once, before the first cache. `budget_bytes`: for each thread.
void StartThreadCaches(std::size_t budget_bytes);

/// This thread's cache, made now if need be; nullptr in a thread that is ending, or when there is
/// no memory. Outside of a MemkindCall.
[[nodiscard]] ThreadCache* GetThreadCache();

// The two below within a MemkindCall.

/// Fetches blocks of a class for an empty magazine, maybe more than one; returns one more, or
/// nullptr when there is no room.
[[nodiscard]] void* Refill(ThreadCache& cache, unsigned size_class);

/// Gives half of a full magazine back.
void FlushHalf(ThreadCache& cache, unsigned size_class);

/// Gives back all that this thread keeps (nullptr = nothing), and what ended threads have kept.
void FlushAll(ThreadCache* own);

/// Sets t_cache aside for a MemkindCall, and back.
void SuspendThreadCache();
void ResumeThreadCache();

/// In the child of a fork, whose other threads are gone: their caches are free.
void AdoptThreadCaches();

}  // namespace heimdallr::memory
