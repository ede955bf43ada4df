// The first chunk: TraceHeader to and from the schema.
#pragma once

#include <absl/status/statusor.h>

#include "heimdallr/trace/v1/trace.pb.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::trace {

/// The header of a file this library writes: of format kFormatVersion whatever `header` says. A
/// command line or environment of more than 1 MiB is cut after its last whole entry that fits; an
/// entry "[...]" then says so. Of more than 512 nodes the distances are left out.
[[nodiscard]] v1::Header ToMessage(const TraceHeader& header);

/// DataLoss when it is not a header of this format, Unimplemented when its version is newer than
/// kFormatVersion.
[[nodiscard]] absl::StatusOr<TraceHeader> FromMessage(const v1::Header& message);

}  // namespace heimdallr::trace
