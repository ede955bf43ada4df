// The summary of a trace for people.
#pragma once

#include <fmt/format.h>

#include "cli/trace_summary.h"

namespace heimdallr::cli {

/// Appends the whole summary.
void AppendSummaryText(const TraceSummary& summary, fmt::memory_buffer& out);

// Its parts, in their order.
void AppendRunText(const TraceSummary& summary, fmt::memory_buffer& out);
void AppendAccessText(const TraceSummary& summary, fmt::memory_buffer& out);
void AppendAllocationText(const TraceSummary& summary, fmt::memory_buffer& out);
void AppendLossText(const TraceSummary& summary, fmt::memory_buffer& out);

}  // namespace heimdallr::cli
