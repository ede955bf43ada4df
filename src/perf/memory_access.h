// Samples of memory operations as accesses of the trace.
#pragma once

#include <cstdint>
#include <variant>

#include "heimdallr/records.h"
#include "perf/records.h"

namespace heimdallr::perf {

/// What the operation of a `perf_mem_data_src` does (bits 0 to 4; bit numbers instead of the
/// bit-fields of linux/perf_event.h, which lie mirrored on big-endian machines). kUnknown: neither
/// a load nor a store, or not told.
[[nodiscard]] AccessKind KindOf(std::uint64_t data_source);

/// The access of a sample taken with `sample_type` (PERF_SAMPLE_* bits), or why there is none:
/// LossKind::kNotMemory or kNoDataAddress. Its time, stream and tick are left 0. Without
/// PERF_SAMPLE_DATA_SRC the kind is not known.
[[nodiscard]] std::variant<AccessRecord, LossKind> AccessOf(const SampleRecord& sample,
                                                            std::uint64_t sample_type);

}  // namespace heimdallr::perf
