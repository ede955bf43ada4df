// Memory taken from the kernel.
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "preload/export.h"
#include "preload/real_functions.h"
#include "preload/recording.h"

using heimdallr::AllocationCall;
using heimdallr::channel::EventCode;
using heimdallr::preload::Address;
using heimdallr::preload::CallSite;
using heimdallr::preload::Code;
using heimdallr::preload::g_real;
using heimdallr::preload::Here;
using heimdallr::preload::Record;
using heimdallr::preload::RecordSlowly;
using heimdallr::preload::ResolveRealFunctions;
using heimdallr::preload::TimeBeforeCall;

namespace {

[[gnu::always_inline]] inline void* MapAndRecord(void* hint, size_t size, int protection, int flags,
                                                 int fd, off_t offset, const CallSite& site) {
  void* const memory = g_real.mmap(hint, size, protection, flags, fd, offset);
  const void* const block = memory == MAP_FAILED ? nullptr : memory;
  Record({Code(AllocationCall::kMmap), Address(block), size}, site);
  return memory;
}

}  // namespace

extern "C" {

HEIMDALLR_EXPORT void* mmap(void* hint, size_t size, int protection, int flags, int fd,
                            off_t offset) noexcept {
  return MapAndRecord(hint, size, protection, flags, fd, offset, Here());
}

HEIMDALLR_EXPORT void* mmap64(void* hint, size_t size, int protection, int flags, int fd,
                              off64_t offset) noexcept {
  return MapAndRecord(hint, size, protection, flags, fd, offset, Here());
}

// The time is taken before the call, as the addresses may be another thread's right after it; it is
// published only when the call has succeeded.
HEIMDALLR_EXPORT int munmap(void* memory, size_t size) noexcept {
  const std::uint64_t before = TimeBeforeCall();
  const int result = g_real.munmap(memory, size);
  if (result == 0) {
    RecordSlowly(Code(AllocationCall::kMunmap), Address(memory), size, Here(), before);
  }
  return result;
}

HEIMDALLR_EXPORT void* mremap(void* old, size_t old_size, size_t new_size, int flags,
                              ...) noexcept {
  void* target = nullptr;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    target = va_arg(arguments, void*);
    va_end(arguments);
  }
  ResolveRealFunctions();
  // The old mapping stays with these: it gets a second one.
  const bool moves = old_size != 0 && (flags & MREMAP_DONTUNMAP) == 0;
  if (moves) Record({EventCode::kMremapBegin, Address(old), old_size}, Here());
  void* const memory = g_real.mremap(old, old_size, new_size, flags, target);
  const void* const block = memory == MAP_FAILED ? nullptr : memory;
  Record({Code(AllocationCall::kMremap), Address(block), new_size}, Here());
  return memory;
}

HEIMDALLR_EXPORT int brk(void* end) noexcept {
  const std::uint64_t before = TimeBeforeCall();
  const std::uint64_t old_end = Address(g_real.sbrk(0));
  const int result = g_real.brk(end);
  if (Address(end) > old_end) {
    const std::uint64_t start = result == 0 ? old_end : 0;
    Record({Code(AllocationCall::kBrk), start, Address(end) - old_end}, Here());
  } else if (result == 0 && Address(end) < old_end) {
    RecordSlowly(EventCode::kBrkShrink, Address(end), old_end - Address(end), Here(), before);
  }
  return result;
}

HEIMDALLR_EXPORT void* sbrk(intptr_t growth) noexcept {
  const std::uint64_t before = TimeBeforeCall();
  void* const old_end = g_real.sbrk(growth);
  const bool failed = old_end == reinterpret_cast<void*>(intptr_t{-1});
  const auto size = static_cast<std::uint64_t>(growth);
  if (growth > 0) {
    Record({Code(AllocationCall::kSbrk), failed ? 0 : Address(old_end), size}, Here());
  } else if (growth < 0 && !failed) {
    RecordSlowly(EventCode::kSbrkShrink, Address(old_end) + size, 0 - size, Here(), before);
  }
  return old_end;
}

}  // extern "C"
