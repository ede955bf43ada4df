#include "preload/real_functions.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "preload/bootstrap_arena.h"
#include "preload/machine.h"
#include "preload/memory_tag.h"
#include "preload/real_operators.h"

namespace heimdallr::preload {
namespace {

constinit std::atomic<bool> g_known{false};
constinit thread_local bool t_resolving = false;

// Stands for a function until it is looked up. kMeanwhile serves the calls that come from the
// look-up itself.
template <auto kField, auto kMeanwhile, typename Result, typename... Arguments>
Result LookUpAndCall(Arguments... arguments) {
  ResolveRealFunctions();
  return t_resolving ? kMeanwhile(arguments...) : (g_real.*kField)(arguments...);
}

void* ArenaMalloc(size_t size) { return ArenaAllocate(size, 0); }

void* ArenaCalloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (!__builtin_mul_overflow(count, size, &bytes)) return ArenaAllocate(bytes, 0);
  errno = ENOMEM;
  return nullptr;
}

void* ArenaAligned(size_t alignment, size_t size) { return ArenaAllocate(size, alignment); }
void* ArenaPage(size_t size) { return ArenaAllocate(size, PageBytes()); }

int ArenaPosixMemalign(void** result, size_t alignment, size_t size) {
  void* const block = ArenaAllocate(size, alignment);
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

// Blocks of the arena do not come here, and no other block exists yet.
void* ReallocNothing(void* old, size_t size) {
  if (old == nullptr) return ArenaAllocate(size, 0);
  errno = ENOMEM;
  return nullptr;
}

void* ReallocarrayNothing(void* old, size_t count, size_t size) {
  if (old == nullptr) return ArenaCalloc(count, size);
  errno = ENOMEM;
  return nullptr;
}

template <typename... Arguments>
void Ignore(Arguments...) {}
size_t NothingUsable(void*) { return 0; }

void* KernelMmap(void* hint, size_t size, int protection, int flags, int fd, off_t offset) {
  return reinterpret_cast<void*>(syscall(SYS_mmap, hint, size, protection, flags, fd, offset));
}
int KernelMunmap(void* memory, size_t size) {
  return static_cast<int>(syscall(SYS_munmap, memory, size));
}
void KernelExit(int status) { syscall(SYS_exit_group, status); }

// The break is libc's to move, which knows where it was last.
int RefuseBrk(void*) {
  errno = ENOMEM;
  return -1;
}
void* RefuseSbrk(intptr_t) {
  errno = ENOMEM;
  return reinterpret_cast<void*>(intptr_t{-1});
}

// For a libc that has threads in a library of its own, which may be loaded later.
int CreateThreadLater(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                      void* argument) {
  void* const found = dlsym(RTLD_NEXT, "pthread_create");
  if (found == nullptr) return EAGAIN;
  return reinterpret_cast<decltype(RealFunctions::pthread_create)>(found)(thread, attributes,
                                                                          routine, argument);
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
  Find(real.pthread_create, "pthread_create", &CreateThreadLater);
}

constexpr RealFunctions Unresolved() {
  using F = RealFunctions;
  return {
      .malloc = LookUpAndCall<&F::malloc, ArenaMalloc, void*, size_t>,
      .calloc = LookUpAndCall<&F::calloc, ArenaCalloc, void*, size_t, size_t>,
      .realloc = LookUpAndCall<&F::realloc, ReallocNothing, void*, void*, size_t>,
      .reallocarray =
          LookUpAndCall<&F::reallocarray, ReallocarrayNothing, void*, void*, size_t, size_t>,
      .free = LookUpAndCall<&F::free, Ignore<void*>, void, void*>,
      .posix_memalign =
          LookUpAndCall<&F::posix_memalign, ArenaPosixMemalign, int, void**, size_t, size_t>,
      .aligned_alloc = LookUpAndCall<&F::aligned_alloc, ArenaAligned, void*, size_t, size_t>,
      .memalign = LookUpAndCall<&F::memalign, ArenaAligned, void*, size_t, size_t>,
      .valloc = LookUpAndCall<&F::valloc, ArenaPage, void*, size_t>,
      .pvalloc = LookUpAndCall<&F::pvalloc, ArenaPage, void*, size_t>,
      .malloc_usable_size = LookUpAndCall<&F::malloc_usable_size, NothingUsable, size_t, void*>,
      .free_sized = LookUpAndCall<&F::free_sized, Ignore<void*, size_t>, void, void*, size_t>,
      .free_aligned_sized = LookUpAndCall<&F::free_aligned_sized, Ignore<void*, size_t, size_t>,
                                          void, void*, size_t, size_t>,
      .mmap = LookUpAndCall<&F::mmap, KernelMmap, void*, void*, size_t, int, int, int, off_t>,
      .munmap = LookUpAndCall<&F::munmap, KernelMunmap, int, void*, size_t>,
      .mremap = nullptr,  // variadic: its hook looks up first
      .brk = LookUpAndCall<&F::brk, RefuseBrk, int, void*>,
      .sbrk = LookUpAndCall<&F::sbrk, RefuseSbrk, void*, intptr_t>,
      .quick_exit = LookUpAndCall<&F::quick_exit, KernelExit, void, int>,
      .dlopen = nullptr,  // must be reached by a jump: its hook looks up first
      .dlmopen = nullptr,
      .pthread_create = LookUpAndCall<&F::pthread_create, CreateThreadLater, int, pthread_t*,
                                      const pthread_attr_t*, void* (*)(void*), void*>,
  };
}

}  // namespace

constinit RealFunctions g_real = Unresolved();

bool RealFunctionsKnown() { return g_known.load(std::memory_order_relaxed); }

// Threads that come at the same time do not wait for each other: they find the same, and a forked
// child could wait for a thread it does not have.
void ResolveRealFunctions() {
  if (g_known.load(std::memory_order_acquire) || t_resolving) return;
  const int saved_errno = errno;
  t_resolving = true;
  // Into a copy: until all are known, every call goes through the functions that look up.
  RealFunctions found = g_real;
  FindAll(found);
  ResolveRealOperators();
  ResolveMemoryTag();
  g_real = found;
  // In this order: a signal handler in between must not look up again.
  g_known.store(true, std::memory_order_release);
  t_resolving = false;
  errno = saved_errno;
}

}  // namespace heimdallr::preload
