// The summary of a trace for programs.
#pragma once

#include <fmt/format.h>

#include "cli/trace_summary.h"

namespace heimdallr::cli {

/// Appends one JSON object and a line end. A value that is absent has no key.
void AppendSummaryJson(const TraceSummary& summary, fmt::memory_buffer& out);

}  // namespace heimdallr::cli
