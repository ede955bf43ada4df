// The summary of a trace for people.
#pragma once

#include <string>

#include <fmt/format.h>

#include "cli/trace_summary.h"

namespace heimdallr::cli {

/// Appends the whole summary.
void AppendSummaryText(const TraceSummary& summary, fmt::memory_buffer& out);

/// Which memory was asked for, and what each served; empty when nothing was asked for.
[[nodiscard]] std::string MemoryText(const TraceSummary& summary);

// Its parts, in their order.
void AppendRunText(const TraceSummary& summary, fmt::memory_buffer& out);
void AppendAccessText(const TraceSummary& summary, fmt::memory_buffer& out);
void AppendAllocationText(const TraceSummary& summary, fmt::memory_buffer& out);
void AppendLossText(const TraceSummary& summary, fmt::memory_buffer& out);

}  // namespace heimdallr::cli
