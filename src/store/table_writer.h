// Adding rows to a table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "store/connection.h"
#include "store/statement.h"

namespace heimdallr::store {

/// "INSERT INTO table VALUES (?,...),..." with so many rows of so many columns.
[[nodiscard]] std::string InsertSql(std::string_view table, std::size_t columns, std::size_t rows);

/// Adds rows one by one. What goes wrong is noted by the connection; nothing happens after that.
class TableWriter {
 public:
  [[nodiscard]] static absl::StatusOr<TableWriter> Create(Connection& connection,
                                                          std::string_view table,
                                                          std::size_t columns);

  /// The values of all columns, in their order in the table.
  template <typename... Values>
  void Add(const Values&... values) {
    if (connection_->noted().ok()) connection_->Note(insert_.Run(values...));
  }

 private:
  TableWriter(Connection& connection, Statement insert)
      : connection_(&connection), insert_(std::move(insert)) {}

  Connection* connection_;
  Statement insert_;
};

/// Adds very many rows of integers. A hundred rows a statement take half the time of one. In the
/// column kNullable, from 0, a 0 is NULL.
template <std::size_t kColumns, std::size_t kNullable>
class BulkWriter {
 public:
  using Row = std::array<std::int64_t, kColumns>;
  [[nodiscard]] static absl::StatusOr<BulkWriter> Create(Connection& connection,
                                                         std::string_view table) {
    auto many = Statement::Prepare(connection, InsertSql(table, kColumns, kRows));
    if (!many.ok()) return many.status();
    auto one = Statement::Prepare(connection, InsertSql(table, kColumns, 1));
    if (!one.ok()) return one.status();
    return BulkWriter(connection, *std::move(many), *std::move(one));
  }

  void Add(const Row& row) {
    rows_[filled_] = row;
    if (++filled_ == kRows) FlushMany();
  }

  /// Writes what has been added.
  void Flush() {
    for (std::size_t i = 0; i < filled_; ++i) {
      BindRow(one_, rows_[i], 0);
      Run(one_);
    }
    filled_ = 0;
  }

 private:
  static constexpr std::size_t kRows = 100;

  BulkWriter(Connection& connection, Statement many, Statement one)
      : connection_(&connection), many_(std::move(many)), one_(std::move(one)) {}

  static void BindRow(Statement& statement, const Row& row, int index) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      if (column == kNullable && row[column] == 0) {
        statement.BindNull(++index);
      } else {
        statement.BindInteger(++index, row[column]);
      }
    }
  }
  void FlushMany() {
    for (std::size_t i = 0; i < kRows; ++i) {
      BindRow(many_, rows_[i], static_cast<int>(i * kColumns));
    }
    Run(many_);
    filled_ = 0;
  }
  void Run(Statement& statement) {
    if (connection_->noted().ok()) connection_->Note(statement.Finish());
  }

  Connection* connection_;
  Statement many_;
  Statement one_;
  std::array<Row, kRows> rows_{};
  std::size_t filled_ = 0;
};

}  // namespace heimdallr::store
