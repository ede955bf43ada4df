// A recording in a database as a source of records.
#pragma once

#include <memory>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "store/connection.h"
#include "store/repetition_rows.h"

namespace heimdallr::store {

/// `stored` is of Content::kWhole and in the database of `connection`.
[[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRecordingSource(
    std::unique_ptr<Connection> connection, StoredRepetition stored);

}  // namespace heimdallr::store
