// `trace-dump stat`: what running cost, over repetitions, and what recording added to it.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Returns 0, 1 if a recording is not whole or cannot be read (the others are in the figures), 2
/// for a wrong command line.
int StatCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
