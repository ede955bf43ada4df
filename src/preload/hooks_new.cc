// operator new and operator delete. libstdc++'s own call malloc and free: called directly from
// here, the events name the program as the caller instead of libstdc++.
#include <new>

#include "preload/bootstrap_arena.h"
#include "preload/export.h"
#include "preload/failed_allocation.h"
#include "preload/memory_tag.h"
#include "preload/real_functions.h"
#include "preload/real_operators.h"
#include "preload/recording.h"

namespace heimdallr::preload {
namespace {

using NothrowTag = const std::nothrow_t&;

bool IsPowerOfTwo(std::size_t value) { return value != 0 && (value & (value - 1)) == 0; }

void* Allocate(std::size_t size) { return g_real.malloc(size != 0 ? size : 1); }

void* AllocateAligned(std::size_t size, std::align_val_t alignment) {
  auto bytes = static_cast<std::size_t>(alignment);
  if (!IsPowerOfTwo(bytes)) return nullptr;
  if (bytes < sizeof(void*)) bytes = sizeof(void*);
  return g_real.memalign(bytes, size != 0 ? size : 1);
}

std::uint64_t MostAdded() { return 1; }
std::uint64_t MostAdded(NothrowTag) { return 1; }
template <typename... Rest>
std::uint64_t MostAdded(std::align_val_t alignment, Rest...) {
  return static_cast<std::uint64_t>(alignment);
}

// The next operator new: the program's allocator, or libstdc++ after malloc has failed, which calls
// the new-handler and throws. An exception passes through; there is nothing to clean up. The size
// asked for may be rounded up to the alignment, or from 0.
template <typename... Arguments>
[[gnu::noinline]] void* AllocateByNext(Operator which, const Event& call, const CallSite& site,
                                       Arguments... arguments) {
  using Function = void*(std::size_t, Arguments...);
  auto* const next = reinterpret_cast<Function*>(NextOperator(which, site.caller));
  FailedNew outer{};
  if (!g_foreign_operators) outer = RecordFailedNew(call, site, MostAdded(arguments...));
  void* const block = next(call.size, arguments...);
  if (!g_foreign_operators) EndFailedNew(outer);
  const bool failed_again = block == nullptr && !g_foreign_operators;
  if (!failed_again && !JustRecorded(block)) {
    RecordSlowly(call.code, Address(block), TaggedSize(block, call.size), site, 0);
  }
  return block;
}

template <typename... Arguments>
[[gnu::always_inline]] inline void* New(AllocationCall call, Operator which, std::size_t size,
                                        const CallSite& site, Arguments... arguments) {
  if (!g_foreign_operators) [[likely]] {
    if (void* const block = Allocate(size); block != nullptr) [[likely]] {
      Record({Code(call), Address(block), TaggedSize(block, size)}, site);
      return block;
    }
  }
  return AllocateByNext<Arguments...>(which, {Code(call), 0, size}, site, arguments...);
}

template <typename... Arguments>
[[gnu::always_inline]] inline void* NewAligned(AllocationCall call, Operator which,
                                               std::size_t size, const CallSite& site,
                                               std::align_val_t alignment, Arguments... arguments) {
  if (!g_foreign_operators) [[likely]] {
    if (void* const block = AllocateAligned(size, alignment); block != nullptr) [[likely]] {
      Record({Code(call), Address(block), TaggedSize(block, size)}, site);
      return block;
    }
  }
  return AllocateByNext<std::align_val_t, Arguments...>(which, {Code(call), 0, size}, site,
                                                        alignment, arguments...);
}

template <typename... Arguments>
[[gnu::noinline]] void DeleteByNext(Operator which, void* block, const CallSite& site,
                                    Arguments... arguments) {
  using Function = void(void*, Arguments...);
  auto* const next = reinterpret_cast<Function*>(NextOperator(which, site.caller));
  HotState* const hot = t_hot;
  const std::uintptr_t outer = hot->deleting;
  if (hot->control != nullptr) hot->deleting = Address(block);
  next(block, arguments...);
  if (hot->control != nullptr) hot->deleting = outer;
}

template <typename... Arguments>
[[gnu::always_inline]] inline void Delete(AllocationCall call, Operator which, void* block,
                                          std::size_t size, const CallSite& site,
                                          Arguments... arguments) {
  if (block == nullptr || InArena(block)) return;
  Record({Code(call), Address(block), size}, site);
  if (!g_foreign_operators) [[likely]] {
    g_real.free(block);
  } else {
    DeleteByNext<Arguments...>(which, block, site, arguments...);
  }
}

constexpr auto kNew = AllocationCall::kOperatorNew;
constexpr auto kNewArray = AllocationCall::kOperatorNewArray;
constexpr auto kDelete = AllocationCall::kOperatorDelete;
constexpr auto kDeleteArray = AllocationCall::kOperatorDeleteArray;

}  // namespace
}  // namespace heimdallr::preload

namespace hook = heimdallr::preload;
using hook::Here;
using hook::NothrowTag;
using hook::Operator;
using std::align_val_t;
using std::size_t;

HEIMDALLR_EXPORT void* operator new(size_t size) {
  return hook::New(hook::kNew, Operator::kNew, size, Here());
}
HEIMDALLR_EXPORT void* operator new[](size_t size) {
  return hook::New(hook::kNewArray, Operator::kNewArray, size, Here());
}
HEIMDALLR_EXPORT void* operator new(size_t size, NothrowTag tag) noexcept {
  return hook::New<NothrowTag>(hook::kNew, Operator::kNewNothrow, size, Here(), tag);
}
HEIMDALLR_EXPORT void* operator new[](size_t size, NothrowTag tag) noexcept {
  return hook::New<NothrowTag>(hook::kNewArray, Operator::kNewArrayNothrow, size, Here(), tag);
}
HEIMDALLR_EXPORT void* operator new(size_t size, align_val_t alignment) {
  return hook::NewAligned(hook::kNew, Operator::kNewAligned, size, Here(), alignment);
}
HEIMDALLR_EXPORT void* operator new[](size_t size, align_val_t alignment) {
  return hook::NewAligned(hook::kNewArray, Operator::kNewArrayAligned, size, Here(), alignment);
}
HEIMDALLR_EXPORT void* operator new(size_t size, align_val_t alignment, NothrowTag tag) noexcept {
  return hook::NewAligned<NothrowTag>(hook::kNew, Operator::kNewAlignedNothrow, size, Here(),
                                      alignment, tag);
}
HEIMDALLR_EXPORT void* operator new[](size_t size, align_val_t alignment, NothrowTag tag) noexcept {
  return hook::NewAligned<NothrowTag>(hook::kNewArray, Operator::kNewArrayAlignedNothrow, size,
                                      Here(), alignment, tag);
}

HEIMDALLR_EXPORT void operator delete(void* block) noexcept {
  hook::Delete(hook::kDelete, Operator::kDelete, block, 0, Here());
}
HEIMDALLR_EXPORT void operator delete[](void* block) noexcept {
  hook::Delete(hook::kDeleteArray, Operator::kDeleteArray, block, 0, Here());
}
HEIMDALLR_EXPORT void operator delete(void* block, size_t size) noexcept {
  hook::Delete(hook::kDelete, Operator::kDeleteSized, block, size, Here(), size);
}
HEIMDALLR_EXPORT void operator delete[](void* block, size_t size) noexcept {
  hook::Delete(hook::kDeleteArray, Operator::kDeleteArraySized, block, size, Here(), size);
}
HEIMDALLR_EXPORT void operator delete(void* block, NothrowTag tag) noexcept {
  hook::Delete<NothrowTag>(hook::kDelete, Operator::kDeleteNothrow, block, 0, Here(), tag);
}
HEIMDALLR_EXPORT void operator delete[](void* block, NothrowTag tag) noexcept {
  hook::Delete<NothrowTag>(hook::kDeleteArray, Operator::kDeleteArrayNothrow, block, 0, Here(),
                           tag);
}
HEIMDALLR_EXPORT void operator delete(void* block, align_val_t alignment) noexcept {
  hook::Delete(hook::kDelete, Operator::kDeleteAligned, block, 0, Here(), alignment);
}
HEIMDALLR_EXPORT void operator delete[](void* block, align_val_t alignment) noexcept {
  hook::Delete(hook::kDeleteArray, Operator::kDeleteArrayAligned, block, 0, Here(), alignment);
}
HEIMDALLR_EXPORT void operator delete(void* block, size_t size, align_val_t alignment) noexcept {
  hook::Delete(hook::kDelete, Operator::kDeleteAlignedSized, block, size, Here(), size, alignment);
}
HEIMDALLR_EXPORT void operator delete[](void* block, size_t size, align_val_t alignment) noexcept {
  hook::Delete(hook::kDeleteArray, Operator::kDeleteArrayAlignedSized, block, size, Here(), size,
               alignment);
}
HEIMDALLR_EXPORT void operator delete(void* block, align_val_t alignment, NothrowTag tag) noexcept {
  hook::Delete<align_val_t, NothrowTag>(hook::kDelete, Operator::kDeleteAlignedNothrow, block, 0,
                                        Here(), alignment, tag);
}
HEIMDALLR_EXPORT void operator delete[](void* block, align_val_t alignment,
                                        NothrowTag tag) noexcept {
  hook::Delete<align_val_t, NothrowTag>(hook::kDeleteArray, Operator::kDeleteArrayAlignedNothrow,
                                        block, 0, Here(), alignment, tag);
}
