// `trace-dump list`: which recordings there are, and what they hold.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a recording is not whole or cannot be read (the others are listed), 2 for a
/// wrong command line.
int ListCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
