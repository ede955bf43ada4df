// The header of a trace: where and how the recording was made.
#pragma once

#include <string>
#include <vector>

#include "heimdallr/trace_header.h"
#include "recorder/options.h"

namespace heimdallr::recorder {

/// Fills in the machine, the time (which becomes time 0 of the trace) and what `options` say.
[[nodiscard]] TraceHeader MakeHeader(const RecorderOptions& options, int pid,
                                     const std::vector<std::string>& environment);

/// Name of this machine, as uname(2).
[[nodiscard]] std::string HostName();

}  // namespace heimdallr::recorder
