// Records that are rare enough to be messages of their own: to and from the schema.
#pragma once

#include <absl/status/status.h>

#include "heimdallr/records.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "trace/intern_tables.h"
#include "trace/string_store.h"

namespace heimdallr::trace {

void ToRow(const MappingRecord& record, StringTable& strings, v1::Mapping& row);
void ToRow(const ProcessRecord& record, StringTable& strings, v1::Process& row);
void ToRow(const ThreadRecord& record, StringTable& strings, v1::Thread& row);
void ToRow(const LossRecord& record, StringTable& strings, v1::Loss& row);
void ToRow(const StatisticsRecord& record, StringTable& strings, v1::ProcessStatistics& row);
void ToRow(const PeriodRecord& record, StringTable& strings, v1::Period& row);

/// Fills `record`. DataLoss when the row names text that is not in `strings`, or holds a value its
/// field cannot have.
absl::Status FromRow(const v1::Mapping& row, const StringStore& strings, MappingRecord& record);
absl::Status FromRow(const v1::Process& row, const StringStore& strings, ProcessRecord& record);
absl::Status FromRow(const v1::Thread& row, const StringStore& strings, ThreadRecord& record);
absl::Status FromRow(const v1::Loss& row, const StringStore& strings, LossRecord& record);
absl::Status FromRow(const v1::ProcessStatistics& row, const StringStore& strings,
                     StatisticsRecord& record);
absl::Status FromRow(const v1::Period& row, const StringStore& strings, PeriodRecord& record);

}  // namespace heimdallr::trace
