// `trace-dump objects`: which objects are accessed, how often and by whom.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a file is not whole (what is readable has been printed) or the output could not
/// be written, 2 for a wrong command line.
int ObjectsCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
