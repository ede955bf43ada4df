// Failed allocations, once each. operator new of libstdc++ asks malloc again when ours has failed,
// as it alone can call the new-handler and throw; that second failure is no event of the program.
#pragma once

#include <cstdint>

#include "preload/recording.h"

namespace heimdallr::preload {

/// Records the failure of malloc or of an aligned form, unless operator new has recorded it.
void RecordFailedAllocation(const Event& event, const CallSite& site);

/// Records the failure of operator new and expects the allocator to be asked again. The nothrow
/// forms call the throwing ones: only the outermost is recorded.
void RecordFailedNew(const Event& event, const CallSite& site);

/// operator new returned after all: nothing is expected any more.
void ForgetFailedNew();

/// Records an allocation, successful or not.
[[gnu::always_inline]] inline void RecordAllocation(AllocationCall call, const void* block,
                                                    std::uint64_t size, const CallSite& site) {
  const Event event{Code(call), Address(block), size};
  if (block != nullptr) [[likely]] {
    Record(event, site);
  } else {
    RecordFailedAllocation(event, site);
  }
}

}  // namespace heimdallr::preload
