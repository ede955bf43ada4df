// `trace-dump export`: recordings in the formats of other tools.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a file is not whole (what is readable has been exported) or something could not
/// be written, 2 for a wrong command line.
int ExportCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
