// The `trace-dump` program.
#pragma once

namespace heimdallr::cli {

/// Runs the command that the arguments name, `summary` if they name none. Returns the exit status:
/// 0, 1 if a file is not whole or cannot be read, 2 for a wrong command line.
int TraceDumpMain(int argc, char** argv);

}  // namespace heimdallr::cli
