// Why perf_event_open(2) refused, in words that help.
#pragma once

#include <absl/status/status.h>

#include "perf/event.h"
#include "perf/open.h"
#include "perf/system.h"

namespace heimdallr::perf {

/// The error for `error_number` of an attempt to open `event`: what failed, on what, why, what to
/// do. Reads the kernel's settings below `system.proc_root` for the reason.
[[nodiscard]] absl::Status OpenError(int error_number, const EventDescription& event, Target target,
                                     const System& system);

}  // namespace heimdallr::perf
