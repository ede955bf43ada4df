// What an event is called when the file does not say.
#pragma once

#include <string>

#include "heimdallr/trace_header.h"
#include "import/perf_data_header.h"

namespace heimdallr::imports {

/// In perf's syntax: the name in the file, else by type and numbers, such as "cpu-clock" or
/// "type4/config=0x1cd,config1=0x40/".
[[nodiscard]] std::string EventName(const PerfDataEvent& event);

/// kFaults for page faults, kPmu for all else.
[[nodiscard]] SourceKind SourceOf(const PerfDataEvent& event);

}  // namespace heimdallr::imports
