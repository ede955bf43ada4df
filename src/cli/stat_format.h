// Statistics of runs, for people and for programs.
#pragma once

#include <vector>

#include <fmt/format.h>

#include "cli/run_statistics.h"

namespace heimdallr::cli {

void AppendRunsText(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out);
/// One object a run and line.
void AppendRunsJson(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out);
void AppendRunsCsv(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out);

}  // namespace heimdallr::cli
