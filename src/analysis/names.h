// The words for the values of records: one name each for programs, and what a loss means for
// people.
#pragma once

#include <string_view>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::analysis {

// Names for machines: lower case, joined by underscores, never changed. Of a call: as C and C++
// spell it, such as "malloc" and "operator new[]". A value that is not known is "unknown".
[[nodiscard]] std::string_view Name(AccessKind kind);
[[nodiscard]] std::string_view Name(AllocationCall call);
[[nodiscard]] std::string_view Name(ProcessEvent event);
[[nodiscard]] std::string_view Name(ThreadEvent event);
[[nodiscard]] std::string_view Name(LossKind kind);
[[nodiscard]] std::string_view Name(StatisticsSource source);
[[nodiscard]] std::string_view Name(SourceKind source);
[[nodiscard]] std::string_view Name(TraceOrigin origin);

/// Whether a call deals in address ranges of the kernel (mmap and its kin, brk, sbrk) and not in
/// blocks of the heap.
[[nodiscard]] bool MapsMemory(AllocationCall call);

/// What a loss does to the figures of a trace.
enum class LossEffect {
  kMissing,    ///< something that happened is not in the trace
  kNoAddress,  ///< a tick that gave no access: known and counted, but without an address
  kFewer,      ///< a tick gave fewer accesses than its block has: known and counted likewise
  kWaited,     ///< the workload waited; nothing is missing
};

[[nodiscard]] LossEffect EffectOf(LossKind kind);

/// What was counted, after the count: "samples: the kernel's buffer was full ...".
[[nodiscard]] std::string_view Meaning(LossKind kind);

}  // namespace heimdallr::analysis
