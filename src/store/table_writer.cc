#include "store/table_writer.h"

#include <fmt/format.h>

namespace heimdallr::store {

std::string InsertSql(std::string_view table, std::size_t columns, std::size_t rows) {
  std::string row = "(?";
  for (std::size_t i = 1; i < columns; ++i) row += ",?";
  row += ")";
  std::string sql = fmt::format("INSERT INTO {} VALUES {}", table, row);
  for (std::size_t i = 1; i < rows; ++i) sql += "," + row;
  return sql;
}

absl::StatusOr<TableWriter> TableWriter::Create(Connection& connection, std::string_view table,
                                                std::size_t columns) {
  auto insert = Statement::Prepare(connection, InsertSql(table, columns, 1));
  if (!insert.ok()) return insert.status();
  return TableWriter(connection, *std::move(insert));
}

}  // namespace heimdallr::store
