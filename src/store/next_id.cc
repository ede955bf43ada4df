#include "store/next_id.h"

#include <fmt/format.h>

#include "store/statement.h"

namespace heimdallr::store {

absl::StatusOr<std::int64_t> NextId(Connection& connection, std::string_view table) {
  auto statement = Statement::Prepare(
      connection, fmt::format("SELECT coalesce(max(rowid), 0) + 1 FROM {}", table));
  if (!statement.ok()) return statement.status();
  const auto row = statement->Step();
  if (!row.ok()) return row.status();
  return statement->Integer(0);
}

}  // namespace heimdallr::store
