// `trace-dump summary`, what trace-dump does without a command: what a recording holds.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a file is not whole (what is readable has been summed up) or the output could
/// not be written, 2 for a wrong command line.
int SummaryCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
