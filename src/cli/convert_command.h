// `trace-dump convert`: recordings into a database.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a trace is not whole (what is readable is in the database) or cannot be read, or
/// if the database could not be made (then it is as before), 2 for a wrong command line, 130 if
/// interrupted.
int ConvertCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
