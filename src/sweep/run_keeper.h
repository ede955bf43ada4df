// The process that watches over one run.
#pragma once

#include <sys/types.h>

#include "sweep/kept_run.h"

namespace heimdallr::sweep {

/// What a forked child of `sweep` does: runs the program of `request`, reports to `report_fd`, and
/// exits. See KeptRun for how it ends what it started. SIGINT, SIGTERM, SIGHUP and SIGQUIT, and the
/// death of the sweep, end the run; of these the ones sent by a process are passed on, as those of
/// a terminal have reached the whole foreground group.
[[noreturn]] void KeepRun(const RunRequest& request, pid_t sweep, int report_fd);

}  // namespace heimdallr::sweep
