// Records as lines of text.
#pragma once

#include <fmt/format.h>

#include "cli/record_context.h"
#include "heimdallr/records.h"

namespace heimdallr::cli {

/// Appends the record as one line: seconds, process/thread, what happened, details. Control
/// characters of names and paths are escaped.
void AppendText(const Record& record, const RecordContext& context, fmt::memory_buffer& out);

}  // namespace heimdallr::cli
