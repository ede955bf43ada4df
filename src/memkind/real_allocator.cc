#include "memkind/real_allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "memkind/kernel.h"

namespace heimdallr::memory {
namespace {

constexpr size_t kArenaBytes = 64 * 1024;
alignas(64) char g_arena[kArenaBytes];
constinit std::atomic<size_t> g_arena_used{0};

// In front of each block: its size, for realloc.
void* ArenaAllocate(size_t alignment, size_t size) {
  if (alignment < alignof(max_align_t)) alignment = alignof(max_align_t);
  const size_t span = size + alignment + sizeof(size_t);
  if (size > kArenaBytes || alignment > kArenaBytes || span > kArenaBytes) return nullptr;
  const size_t start = g_arena_used.fetch_add(span, std::memory_order_relaxed);
  if (start > kArenaBytes - span) return nullptr;
  const auto first = reinterpret_cast<uintptr_t>(g_arena) + start + sizeof(size_t);
  const uintptr_t block = (first + alignment - 1) & ~(alignment - 1);
  reinterpret_cast<size_t*>(block)[-1] = size;
  return reinterpret_cast<void*>(block);
}

void* ArenaMalloc(size_t size) {
  void* const block = ArenaAllocate(0, size);
  if (block == nullptr) errno = ENOMEM;
  return block;
}

void* ArenaCalloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
  return ArenaMalloc(bytes);  // zeroed, and never used twice
}

// Blocks of the arena do not come here, and no other block exists yet.
void* ArenaRealloc(void*, size_t size) { return ArenaMalloc(size); }

int ArenaPosixMemalign(void** result, size_t alignment, size_t size) {
  void* const block = ArenaAllocate(alignment, size);
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

void* ArenaMemalign(size_t alignment, size_t size) {
  void* const block = ArenaAllocate(alignment, size);
  if (block == nullptr) errno = ENOMEM;
  return block;
}

void* KernelMmap(void* hint, size_t size, int protection, int flags, int fd, off_t offset) {
  return MapRaw(hint, size, protection, flags, fd, offset);
}
int KernelMadvise(void* start, size_t size, int advice) {
  return static_cast<int>(syscall(SYS_madvise, start, size, advice));
}

// While the calling thread looks up. Nothing in libc that a look-up calls needs the others.
constexpr RealAllocator kMeanwhile = {
    .malloc = ArenaMalloc,
    .calloc = ArenaCalloc,
    .realloc = ArenaRealloc,
    .free = [](void*) {},
    .posix_memalign = ArenaPosixMemalign,
    .memalign = ArenaMemalign,
    .malloc_usable_size = [](void*) -> size_t { return 0; },
    .mmap = KernelMmap,
    .munmap = UnmapRaw,
    .madvise = KernelMadvise,
    .mkstemp = [](char*) { return -1; },
    .posix_fallocate = [](int, off_t, off_t) { return ENOSYS; },
    .fork = []() -> pid_t { return -1; },
    .pthread_key_create = [](pthread_key_t*, void (*)(void*)) { return EAGAIN; },
    .register_atfork = [](void (*)(), void (*)(), void (*)(), void*) { return ENOMEM; },
};

constinit RealAllocator g_real = kMeanwhile;
constinit std::atomic<bool> g_known{false};
constinit thread_local bool t_resolving = false;

template <typename Function>
void Find(Function*& target, const char* name) {
  if (void* const found = dlsym(RTLD_NEXT, name); found != nullptr) {
    target = reinterpret_cast<Function*>(found);
  }
}

// Threads that come at the same time do not wait for each other: they find the same.
void Resolve() {
  const ErrnoKeeper keep_errno;
  t_resolving = true;
  RealAllocator found = kMeanwhile;
  Find(found.malloc, "malloc");
  Find(found.calloc, "calloc");
  Find(found.realloc, "realloc");
  Find(found.free, "free");
  Find(found.posix_memalign, "posix_memalign");
  Find(found.memalign, "memalign");
  Find(found.malloc_usable_size, "malloc_usable_size");
  Find(found.mmap, "mmap");
  Find(found.munmap, "munmap");
  Find(found.madvise, "madvise");
  Find(found.mkstemp, "mkstemp");
  Find(found.posix_fallocate, "posix_fallocate");
  Find(found.fork, "fork");
  Find(found.pthread_key_create, "pthread_key_create");
  Find(found.register_atfork, "__register_atfork");
  g_real = found;
  g_known.store(true, std::memory_order_release);
  t_resolving = false;
}

}  // namespace

const RealAllocator& Real() {
  if (g_known.load(std::memory_order_acquire)) [[likely]]
    return g_real;
  if (t_resolving) return kMeanwhile;
  Resolve();
  return g_real;
}

bool InArena(const void* block) {
  return reinterpret_cast<uintptr_t>(block) - reinterpret_cast<uintptr_t>(g_arena) < kArenaBytes;
}

size_t ArenaBlockSize(const void* block) { return static_cast<const size_t*>(block)[-1]; }

}  // namespace heimdallr::memory
