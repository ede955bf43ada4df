// trace-dump serve
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Gives a report by HTTP on loopback until it is interrupted. Returns the exit status.
int ServeCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
