// Failed allocations, once each. operator new of libstdc++ asks malloc again when ours has failed,
// as it alone can call the new-handler and throw, and again after each call of the handler; those
// failures are no events of the program.
#pragma once

#include <cstdint>

#include "preload/memory_tag.h"
#include "preload/recording.h"

namespace heimdallr::preload {

/// Records the failure of malloc or of an aligned form, unless operator new has recorded it.
void RecordFailedAllocation(const Event& event, const CallSite& site);

/// An operator new whose allocator is being asked again. Zero means none.
struct FailedNew {
  std::uint64_t frame;  // of its hook: what it calls runs below
  std::uint64_t size;
  std::uint64_t slack;  // it may ask for as much more
  std::uint64_t loop;   // return address of the first repeated call; 0 = none yet
};

/// Records the failure of operator new and expects the allocator to be asked again, until a call
/// comes from above it (it threw) or EndFailedNew. The nothrow forms call the throwing ones: only
/// the outermost is recorded. Returns what was expected before.
FailedNew RecordFailedNew(const Event& event, const CallSite& site, std::uint64_t alignment);

/// operator new returned after all: what was expected before it is expected again.
void EndFailedNew(const FailedNew& outer);

/// Records an allocation, successful or not.
[[gnu::always_inline]] inline void RecordAllocation(AllocationCall call, const void* block,
                                                    std::uint64_t size, const CallSite& site) {
  const Event event{Code(call), Address(block), TaggedSize(block, size)};
  if (block != nullptr) [[likely]] {
    Record(event, site);
  } else {
    RecordFailedAllocation(event, site);
  }
}

}  // namespace heimdallr::preload
