// How the rows of the tables are made.
#pragma once

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "export/export_result.h"
#include "export/selection.h"
#include "export/tables.h"

namespace heimdallr::exports {

/// Table::kAllocations, kLosses and kPlacements: a row is a record.
[[nodiscard]] absl::StatusOr<Exported> WriteRecordTable(analysis::RecordSource& source, Table table,
                                                        const Selection& selection,
                                                        const MakeRows& make_rows);

/// The others, which need accesses joined with objects and code.
[[nodiscard]] absl::StatusOr<Exported> WriteJoinedTable(analysis::RecordSource& source, Table table,
                                                        const Selection& selection,
                                                        const MakeRows& make_rows);

}  // namespace heimdallr::exports
