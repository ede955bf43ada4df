// Opening what the commands read, whatever kind of file it is.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"

namespace heimdallr::cli {

/// Begins the recording in `path`: a regular trace file. Errors as TraceReader::Open, and
/// InvalidArgument for what cannot be read from its end, such as a pipe.
[[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRecording(
    const std::string& path);

}  // namespace heimdallr::cli
