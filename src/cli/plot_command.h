// trace-dump plot
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Draws time x address in the terminal. Returns the exit status.
int PlotCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
