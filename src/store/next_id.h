// Numbers for new rows.
#pragma once

#include <cstdint>
#include <string_view>

#include <absl/status/statusor.h>

#include "store/connection.h"

namespace heimdallr::store {

/// One more than the highest id of a table; 1 of an empty one.
[[nodiscard]] absl::StatusOr<std::int64_t> NextId(Connection& connection, std::string_view table);

}  // namespace heimdallr::store
