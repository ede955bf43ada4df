// Records as JSON objects.
#pragma once

#include <fmt/format.h>

#include "cli/json_writer.h"
#include "cli/record_context.h"
#include "heimdallr/records.h"

namespace heimdallr::cli {

/// Appends the record as one JSON object and a line end. A value that is absent has no key.
void AppendJson(const Record& record, const RecordContext& context, fmt::memory_buffer& out);

/// The members that say what running a process cost, without braces, type, time and process.
void AppendStatistics(const StatisticsRecord& record, JsonWriter& json);

}  // namespace heimdallr::cli
