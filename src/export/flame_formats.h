// Collapsed stacks and speedscope's JSON.
#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "export/byte_sink.h"
#include "export/export_result.h"
#include "export/flame_stacks.h"
#include "export/selection.h"

namespace heimdallr::exports {

/// A line "frame;frame;frame COUNT" for each stack with a count, outermost frame first, as
/// flamegraph.pl reads it; in the order of the frames. Errors as ByteSink::Write.
[[nodiscard]] absl::StatusOr<Exported> WriteCollapsed(analysis::RecordSource& source,
                                                      const Selection& selection, FlameValue value,
                                                      ByteSink& sink);

/// By https://www.speedscope.app/file-format-schema.json: a sampled profile for each value that the
/// recording has, called `title`. Errors as ByteSink::Write.
[[nodiscard]] absl::StatusOr<Exported> WriteSpeedscope(analysis::RecordSource& source,
                                                       const Selection& selection,
                                                       const std::string& title, ByteSink& sink);

}  // namespace heimdallr::exports
