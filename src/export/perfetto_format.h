// Perfetto's trace format.
#pragma once

#include <cstdint>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "export/byte_sink.h"
#include "export/export_result.h"
#include "export/selection.h"

namespace heimdallr::exports {

enum class AccessEvents : std::uint8_t {
  kLeftOut = 0,
  kAsInstants = 1,  ///< each access on its thread's track, up to kMostInstants of them
};
/// The user interface becomes too slow to use with more.
inline constexpr std::uint64_t kMostInstants = 2'000'000;

/// Writes processes and threads; for each process counters of heap and mapped bytes and of sampled
/// loads, stores and faults; losses and the sampling period; and what each call stack allocated and
/// never freed. Reads the recording twice. Times are those of CLOCK_MONOTONIC, given as boot time.
/// Errors as ByteSink::Write and those of `open`.
[[nodiscard]] absl::StatusOr<Exported> WritePerfetto(const analysis::OpenRecords& open,
                                                     const Selection& selection,
                                                     AccessEvents accesses, ByteSink& sink);

}  // namespace heimdallr::exports
