// Where the heimdallr program says what it does.
#pragma once

#include "cli/record_options.h"

namespace heimdallr::cli {

/// Makes spdlog write to standard error, each line after "heimdallr: ". Once a process.
void SetUpLog(Verbosity verbosity);

}  // namespace heimdallr::cli
