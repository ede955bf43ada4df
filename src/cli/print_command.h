// `trace-dump print`: the records of a trace, one a line.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if the file is not whole (what is readable has been printed) or the output could
/// not be written, 2 for a wrong command line.
int PrintCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
