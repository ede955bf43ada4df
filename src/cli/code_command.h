// `trace-dump code`: which functions or lines make the accesses.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a file is not whole (what is readable has been printed) or the output could not
/// be written, 2 for a wrong command line.
int CodeCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
