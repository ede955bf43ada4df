// What a database of recordings looks like.
#pragma once

#include <cstdint>

#include <absl/status/status.h>

#include "store/connection.h"

namespace heimdallr::store {

/// In the file's header (PRAGMA application_id): "HMDL".
inline constexpr std::int32_t kApplicationId = 0x484d444c;
/// PRAGMA user_version. One more with every change of a table.
inline constexpr std::int32_t kSchemaVersion = 5;

extern const char* const kTablesSql;  ///< schema.sql and sums.sql
extern const char* const kViewsSql;   ///< views.sql

/// Makes the tables in an empty database.
absl::Status CreateTables(Connection& connection);

/// Whether the database is one of ours, of a version that is known here, with our very tables: then
/// what stands in them may be wrong, but asking them does nothing that is not expected.
/// FailedPrecondition when it is something else, Unimplemented when it is newer, DataLoss when its
/// tables are others.
[[nodiscard]] absl::Status CheckSchema(Connection& connection);

}  // namespace heimdallr::store
