// How an export ended, and reading a recording for one.
#pragma once

#include <cstdint>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr::exports {

/// What was read of a recording. A damaged one is exported up to where it is good.
struct Exported {
  absl::Status end;            ///< why reading ended before the recording did, or OK
  TraceExtent extent;          ///< what was read
  std::uint64_t rows = 0;      ///< rows, samples or events written
  std::uint64_t left_out = 0;  ///< that were selected, but are more than the format's readers bear
};

/// Gives all records to `use`, a function from const Record& to absl::Status. An error of `use`
/// ends it and is returned; one of reading is in the result.
template <typename Use>
[[nodiscard]] absl::StatusOr<Exported> ReadRecords(analysis::RecordSource& source, Use&& use) {
  auto record = source.Next();
  for (; record.ok() && *record != nullptr; record = source.Next()) {
    if (absl::Status status = use(**record); !status.ok()) return status;
  }
  return Exported{.end = record.status(), .extent = source.extent()};
}

}  // namespace heimdallr::exports
