// Text as `perf script` prints it.
#pragma once

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "export/byte_sink.h"
#include "export/export_result.h"
#include "export/selection.h"

namespace heimdallr::exports {

/// Each access and page fault as `perf script -F
/// comm,pid,tid,cpu,time,period,event,addr,ip,sym,dso` prints a sample: a line, below it the code
/// with inlined functions, and an empty line. Times are those of CLOCK_MONOTONIC. Faults may come
/// some ten thousand accesses too early. Errors as ByteSink::Write.
[[nodiscard]] absl::StatusOr<Exported> WritePerfScript(analysis::RecordSource& source,
                                                       const Selection& selection, ByteSink& sink);

}  // namespace heimdallr::exports
