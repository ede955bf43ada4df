// `trace-dump validate`: is this file a whole trace?
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0 if every file is whole, 1 if one is not, 2 for a wrong command line.
int ValidateCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
