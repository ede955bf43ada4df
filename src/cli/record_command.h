// The `heimdallr` program.
#pragma once

namespace heimdallr::cli {

/// With "sweep" as the first argument, SweepMain. Else records as the arguments say and returns the
/// exit status: the workload's own, 128+n when signal n ended it, 127 not found, 126 not
/// executable, 125 when the recording failed.
int HeimdallrMain(int argc, char** argv);

}  // namespace heimdallr::cli
