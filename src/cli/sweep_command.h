// `heimdallr sweep`.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// Runs the sweep that the arguments (behind "sweep") describe. Exit status: 0 if all runs are
/// done, 1 if some are not, 125 if it could not be run, 128+n when signal n ended it.
int SweepMain(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
