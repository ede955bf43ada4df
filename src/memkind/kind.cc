#include "memkind/kind.h"

#include <errno.h>
#include <memkind.h>
#include <string.h>

#include <atomic>

#include "channel/memory_kinds.h"
#include "memkind/heap_file.h"
#include "memkind/kernel.h"
#include "memkind/size_classes.h"

// In the library, but not in its header.
extern "C"
    [[gnu::weak]] int memkind_arena_update_memory_usage_policy(memkind_t, memkind_mem_usage_policy);

namespace heimdallr::memory {
namespace {

constinit memkind_t g_kind = nullptr;
constinit std::atomic<bool> g_freed{false};  // since the last purge

memkind_t FindKind(const char* name) {
#define HEIMDALLR_KIND(text, kind) \
  if (strcmp(name, text) == 0) return kind;
  HEIMDALLR_MEMORY_KINDS(HEIMDALLR_KIND)
#undef HEIMDALLR_KIND
  return nullptr;
}

// As numa_available(3): where it is false memkind aborts. Containers may forbid the call.
bool NumaAvailable() {
  return syscall(SYS_get_mempolicy, nullptr, nullptr, 0UL, nullptr, 0UL) == 0 ||
         (errno != ENOSYS && errno != EPERM);
}

// Of the block's page, which a block of another size may have been in before.
void* Mark(void* block) {
  if (block == nullptr) return nullptr;
  const unsigned size_class = ExactClass(memkind_malloc_usable_size(g_kind, block));
  g_pages.Set(block,
              size_class == kNoClass ? kOwnPage : static_cast<PageMark>(kFirstClass + size_class));
  return block;
}

// A pointer outside of what we know as memkind's would be handed to the wrong allocator later.
void* Checked(void* block) {
  if (block == nullptr || g_pages.Get(block) != kForeignPage) return block;
  memkind_free(g_kind, block);
  return nullptr;
}

}  // namespace

const char* OpenKind(const Settings& settings) {
  if (!NumaAvailable()) return "get_mempolicy(2) is not available here, which memkind needs";
  if (settings.folder != nullptr) {
    if (const char* const reason = StartHeapFile(settings.folder, settings.size_bytes);
        reason != nullptr) {
      return reason;
    }
    // The limit is ours to keep, to the byte.
    if (memkind_create_pmem(settings.folder, 0, &g_kind) == 0) return nullptr;
    g_kind = nullptr;
    return "memkind cannot make a heap there";
  }
  const memkind_t kind = FindKind(settings.kind);
  if (kind == nullptr) return "there is no such kind";
  if (memkind_check_available(kind) != 0) return "there is no memory of this kind here";
  g_kind = kind;
  return nullptr;
}

void* KindAllocate(std::size_t size) {
  void* const block = Checked(memkind_malloc(g_kind, size));
  if (block == nullptr) return nullptr;
  // Nearly always its page has blocks of this size already.
  const unsigned size_class = ExactClass(size);
  if (size_class != kNoClass && g_pages.Get(block) == kFirstClass + size_class) return block;
  return Mark(block);
}

void* KindAllocateZeroed(std::size_t size) {
  return Mark(Checked(memkind_calloc(g_kind, 1, size)));
}

void* KindAllocateAligned(std::size_t alignment, std::size_t size) {
  SetFileAlignment(alignment);
  void* block = nullptr;
  if (memkind_posix_memalign(g_kind, &block, alignment, size) != 0) block = nullptr;
  SetFileAlignment(0);
  block = Checked(block);
  if (block == nullptr) return nullptr;
  if ((reinterpret_cast<std::uintptr_t>(block) & (alignment - 1)) != 0) {
    memkind_free(g_kind, block);
    return nullptr;
  }
  return Mark(block);
}

// The old block is gone when the new one is not where we know memkind's memory, so that nothing can
// be undone: such a block is kept all the same. It must never be freed, as it would be handed to
// the program's own allocator, which ends the process; the hook of mmap lets memkind have no such
// memory.
void* KindResize(void* block, std::size_t size) {
  void* const moved = memkind_realloc(g_kind, block, size);
  return moved == nullptr || g_pages.Get(moved) == kForeignPage ? moved : Mark(moved);
}

void KindFree(void* block) {
  memkind_free(g_kind, block);
  g_freed.store(true, std::memory_order_relaxed);
}

bool KindPurge() {
  if (memkind_arena_update_memory_usage_policy == nullptr) return false;
  if (!g_freed.exchange(false, std::memory_order_relaxed)) return false;
  memkind_arena_update_memory_usage_policy(g_kind, MEMKIND_MEM_USAGE_POLICY_CONSERVATIVE);
  memkind_arena_update_memory_usage_policy(g_kind, MEMKIND_MEM_USAGE_POLICY_DEFAULT);
  return true;
}

std::size_t KindUsableSize(void* block) { return memkind_malloc_usable_size(g_kind, block); }

}  // namespace heimdallr::memory
