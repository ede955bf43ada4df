// malloc and its relatives.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "preload/bootstrap_arena.h"
#include "preload/export.h"
#include "preload/failed_allocation.h"
#include "preload/memory_tag.h"
#include "preload/real_functions.h"
#include "preload/recording.h"

using heimdallr::AllocationCall;
using heimdallr::channel::EventCode;
using heimdallr::preload::Address;
using heimdallr::preload::ArenaBlockSize;
using heimdallr::preload::CallSite;
using heimdallr::preload::Code;
using heimdallr::preload::g_real;
using heimdallr::preload::Here;
using heimdallr::preload::InArena;
using heimdallr::preload::Record;
using heimdallr::preload::RecordAllocation;
using heimdallr::preload::TaggedSize;

namespace {

// Blocks of the arena were never recorded and must not reach an allocator.
void* MoveOutOfArena(AllocationCall call, void* old, size_t size, const CallSite& site) {
  void* const block = g_real.malloc(size);
  if (block != nullptr) {
    const size_t old_size = ArenaBlockSize(old);
    memcpy(block, old, old_size < size ? old_size : size);
  }
  RecordAllocation(call, block, size, site);
  return block;
}

size_t Product(size_t count, size_t size) {
  size_t bytes = 0;
  return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

}  // namespace

extern "C" {

HEIMDALLR_EXPORT void* malloc(size_t size) {
  void* const block = g_real.malloc(size);
  RecordAllocation(AllocationCall::kMalloc, block, size, Here());
  return block;
}

HEIMDALLR_EXPORT void* calloc(size_t count, size_t size) {
  void* const block = g_real.calloc(count, size);
  RecordAllocation(AllocationCall::kCalloc, block, Product(count, size), Here());
  return block;
}

HEIMDALLR_EXPORT void* realloc(void* old, size_t size) {
  if (old != nullptr) {
    if (InArena(old)) return MoveOutOfArena(AllocationCall::kRealloc, old, size, Here());
    Record({EventCode::kReallocBegin, Address(old), 0}, Here());
  }
  void* const block = g_real.realloc(old, size);
  Record({Code(AllocationCall::kRealloc), Address(block), TaggedSize(block, size)}, Here());
  return block;
}

HEIMDALLR_EXPORT void* reallocarray(void* old, size_t count, size_t size) {
  const size_t bytes = Product(count, size);
  if (old != nullptr) {
    if (InArena(old)) return MoveOutOfArena(AllocationCall::kReallocarray, old, bytes, Here());
    Record({EventCode::kReallocarrayBegin, Address(old), 0}, Here());
  }
  // glibc's reallocarray calls realloc by name, which is ours and would record the call again.
  void* const block = g_real.realloc(old, bytes);
  Record({Code(AllocationCall::kReallocarray), Address(block), TaggedSize(block, bytes)}, Here());
  return block;
}

HEIMDALLR_EXPORT void free(void* block) {
  if (block == nullptr || InArena(block)) return;
  Record({Code(AllocationCall::kFree), Address(block), 0}, Here());
  g_real.free(block);
}

HEIMDALLR_EXPORT void free_sized(void* block, size_t size) {
  if (block == nullptr || InArena(block)) return;
  Record({Code(AllocationCall::kFreeSized), Address(block), size}, Here());
  g_real.free_sized(block, size);
}

HEIMDALLR_EXPORT void free_aligned_sized(void* block, size_t alignment, size_t size) {
  if (block == nullptr || InArena(block)) return;
  Record({Code(AllocationCall::kFreeAlignedSized), Address(block), size}, Here());
  g_real.free_aligned_sized(block, alignment, size);
}

HEIMDALLR_EXPORT int posix_memalign(void** result, size_t alignment, size_t size) {
  const int error = g_real.posix_memalign(result, alignment, size);
  RecordAllocation(AllocationCall::kPosixMemalign, error == 0 ? *result : nullptr, size, Here());
  return error;
}

HEIMDALLR_EXPORT void* aligned_alloc(size_t alignment, size_t size) {
  void* const block = g_real.aligned_alloc(alignment, size);
  RecordAllocation(AllocationCall::kAlignedAlloc, block, size, Here());
  return block;
}

HEIMDALLR_EXPORT void* memalign(size_t alignment, size_t size) {
  void* const block = g_real.memalign(alignment, size);
  RecordAllocation(AllocationCall::kMemalign, block, size, Here());
  return block;
}

HEIMDALLR_EXPORT void* valloc(size_t size) {
  void* const block = g_real.valloc(size);
  RecordAllocation(AllocationCall::kValloc, block, size, Here());
  return block;
}

HEIMDALLR_EXPORT void* pvalloc(size_t size) {
  void* const block = g_real.pvalloc(size);
  RecordAllocation(AllocationCall::kPvalloc, block, size, Here());
  return block;
}

HEIMDALLR_EXPORT size_t malloc_usable_size(void* block) {
  if (block != nullptr && InArena(block)) return ArenaBlockSize(block);
  return g_real.malloc_usable_size(block);
}

}  // extern "C"
