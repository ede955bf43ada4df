// pprof's profile.proto.
#pragma once

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "export/byte_sink.h"
#include "export/export_result.h"
#include "export/selection.h"

namespace heimdallr::exports {

/// Writes a gzip'ed profile: alloc_space, alloc_objects, inuse_space, inuse_objects, loads, stores,
/// time, and latency where the source measures it. Errors as ByteSink::Write.
[[nodiscard]] absl::StatusOr<Exported> WritePprof(analysis::RecordSource& source,
                                                  const Selection& selection, ByteSink& sink);

}  // namespace heimdallr::exports
