// `trace-dump report`: a recording, or two, as one HTML file.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a file is not whole (what is readable is in the report) or nothing could be
/// written, 2 for a wrong command line.
int ReportCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
