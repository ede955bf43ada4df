// Recordings of `perf record` as traces.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace heimdallr::imports {

struct PerfDataImport {
  std::string input;
  std::string output;
  bool replace = false;  ///< a file that has the output's name
  bool compress = false;
  std::string tool_version;  ///< of this program, for the header
};

/// What a file held and what of it is in the trace.
struct PerfDataCounts {
  std::map<std::uint32_t, std::uint64_t> records;  ///< by PERF_RECORD_*, perf's own from 64 on
  std::uint64_t samples = 0;
  std::uint64_t accesses = 0;
  std::uint64_t faults = 0;
  std::uint64_t not_memory = 0;    ///< samples: LossKind::kNotMemory
  std::uint64_t no_address = 0;    ///< samples: LossKind::kNoDataAddress
  std::uint64_t lost = 0;          ///< records that perf found no room for
  std::uint64_t lost_samples = 0;  ///< samples that the processor dropped
  std::uint64_t throttled = 0;     ///< times sampling was stopped
  std::uint64_t corrupt = 0;       ///< records that could not be decoded
  std::uint64_t not_taken = 0;     ///< records of the kernel that a trace has no place for
  absl::Status end;                ///< why reading ended before the file did, or OK
};

/// "MMAP2", "COMM"; of types not known here their number.
[[nodiscard]] std::string NameOfRecord(std::uint32_t type);

/// Reads the file twice; memory is bounded whatever its size. Every sample of the input is an
/// access, a fault or counted among the losses of the trace. Errors of opening either file, of
/// inputs that cannot be read at all (FailedPrecondition, DataLoss), and of writing. Of a damaged
/// input the trace has what comes before the damage, and `end` says so.
[[nodiscard]] absl::StatusOr<PerfDataCounts> ImportPerfData(const PerfDataImport& request);

}  // namespace heimdallr::imports
