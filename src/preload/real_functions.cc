#include "preload/real_functions.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "preload/bootstrap_arena.h"
#include "preload/real_operators.h"

namespace heimdallr::preload {
namespace {

enum class Resolution { kNone, kRunning, kDone };
constinit std::atomic<Resolution> g_resolution{Resolution::kNone};
constinit thread_local bool t_resolving = false;

// Stands for a function until it is looked up.
template <auto kField, typename Result, typename... Arguments>
Result LookUpAndCall(Arguments... arguments) {
  ResolveRealFunctions();
  return (g_real.*kField)(arguments...);
}

// The calls that dlsym makes while we look up are served by the arena.
void* EarlyMalloc(size_t size) {
  ResolveRealFunctions();
  return t_resolving ? ArenaAllocate(size, 0) : g_real.malloc(size);
}

void* EarlyCalloc(size_t count, size_t size) {
  ResolveRealFunctions();
  if (!t_resolving) return g_real.calloc(count, size);
  size_t bytes = 0;
  return __builtin_mul_overflow(count, size, &bytes) ? nullptr : ArenaAllocate(bytes, 0);
}

void* EarlyRealloc(void* old, size_t size) {
  ResolveRealFunctions();
  return t_resolving && old == nullptr ? ArenaAllocate(size, 0) : g_real.realloc(old, size);
}

void EarlyFree(void* block) {
  ResolveRealFunctions();
  if (!t_resolving) g_real.free(block);
}

// For a libc or an allocator without the newer functions.
void* OldReallocarray(void* old, size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return g_real.realloc(old, bytes);
}
void OldFreeSized(void* block, size_t) { g_real.free(block); }
void OldFreeAlignedSized(void* block, size_t, size_t) { g_real.free(block); }

template <typename Function>
void Find(Function*& target, const char* name, Function* fallback = nullptr) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found != nullptr) {
    target = reinterpret_cast<Function*>(found);
  } else if (fallback != nullptr) {
    target = fallback;
  }
}

void FindAll(RealFunctions& real) {
  Find(real.calloc, "calloc");
  Find(real.realloc, "realloc");
  Find(real.free, "free");
  Find(real.malloc, "malloc");
  Find(real.reallocarray, "reallocarray", &OldReallocarray);
  Find(real.posix_memalign, "posix_memalign");
  Find(real.aligned_alloc, "aligned_alloc");
  Find(real.memalign, "memalign");
  Find(real.valloc, "valloc");
  Find(real.pvalloc, "pvalloc");
  Find(real.malloc_usable_size, "malloc_usable_size");
  Find(real.free_sized, "free_sized", &OldFreeSized);
  Find(real.free_aligned_sized, "free_aligned_sized", &OldFreeAlignedSized);
  Find(real.mmap, "mmap");
  Find(real.munmap, "munmap");
  Find(real.mremap, "mremap");
  Find(real.brk, "brk");
  Find(real.sbrk, "sbrk");
  Find(real.quick_exit, "quick_exit");
  Find(real.dlopen, "dlopen");
  Find(real.dlmopen, "dlmopen");
}

constexpr RealFunctions Unresolved() {
  using F = RealFunctions;
  return {
      .malloc = EarlyMalloc,
      .calloc = EarlyCalloc,
      .realloc = EarlyRealloc,
      .reallocarray = LookUpAndCall<&F::reallocarray, void*, void*, size_t, size_t>,
      .free = EarlyFree,
      .posix_memalign = LookUpAndCall<&F::posix_memalign, int, void**, size_t, size_t>,
      .aligned_alloc = LookUpAndCall<&F::aligned_alloc, void*, size_t, size_t>,
      .memalign = LookUpAndCall<&F::memalign, void*, size_t, size_t>,
      .valloc = LookUpAndCall<&F::valloc, void*, size_t>,
      .pvalloc = LookUpAndCall<&F::pvalloc, void*, size_t>,
      .malloc_usable_size = LookUpAndCall<&F::malloc_usable_size, size_t, void*>,
      .free_sized = LookUpAndCall<&F::free_sized, void, void*, size_t>,
      .free_aligned_sized = LookUpAndCall<&F::free_aligned_sized, void, void*, size_t, size_t>,
      .mmap = LookUpAndCall<&F::mmap, void*, void*, size_t, int, int, int, off_t>,
      .munmap = LookUpAndCall<&F::munmap, int, void*, size_t>,
      .mremap = nullptr,  // variadic: its hook looks up first
      .brk = LookUpAndCall<&F::brk, int, void*>,
      .sbrk = LookUpAndCall<&F::sbrk, void*, intptr_t>,
      .quick_exit = LookUpAndCall<&F::quick_exit, void, int>,
      .dlopen = nullptr,  // must be reached by a jump: its hook looks up first
      .dlmopen = nullptr,
  };
}

}  // namespace

constinit RealFunctions g_real = Unresolved();

bool RealFunctionsKnown() {
  return g_resolution.load(std::memory_order_relaxed) == Resolution::kDone;
}

void ResolveRealFunctions() {
  if (g_resolution.load(std::memory_order_acquire) == Resolution::kDone || t_resolving) return;
  auto expected = Resolution::kNone;
  if (!g_resolution.compare_exchange_strong(expected, Resolution::kRunning,
                                            std::memory_order_acquire)) {
    while (g_resolution.load(std::memory_order_acquire) != Resolution::kDone) sched_yield();
    return;
  }
  const int saved_errno = errno;
  t_resolving = true;
  // Into a copy: until all are known, every call goes through the early functions.
  RealFunctions found = g_real;
  FindAll(found);
  ResolveRealOperators();
  g_real = found;
  t_resolving = false;
  errno = saved_errno;
  g_resolution.store(Resolution::kDone, std::memory_order_release);
}

}  // namespace heimdallr::preload
