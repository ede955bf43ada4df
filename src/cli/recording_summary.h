// What `heimdallr` says at the end of a recording.
#pragma once

#include <string>
#include <vector>

#include "recorder/recorder.h"

namespace heimdallr::cli {

/// At most ten lines, each without a line end: where the trace is, what it holds, what was lost
/// (also when nothing was), what recording cost.
[[nodiscard]] std::vector<std::string> SummaryLines(const recorder::RecordingResult& result);

/// Every reason something is not in the trace, with its count: for those who want to know more.
[[nodiscard]] std::vector<std::string> LossDetails(const recorder::RecordingResult& result);

}  // namespace heimdallr::cli
