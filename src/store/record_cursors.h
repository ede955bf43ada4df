// Records of one type, out of the rows of their table.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "store/connection.h"
#include "store/dictionaries.h"
#include "store/statement.h"

namespace heimdallr::store {

/// Reads the rows of one table with ids in a range, ascending.
class RecordCursor {
 public:
  /// `type` is an index into Record. `dictionaries` must outlive this object.
  [[nodiscard]] static absl::StatusOr<RecordCursor> Open(Connection& connection, std::size_t type,
                                                         std::int64_t first_id, std::int64_t end_id,
                                                         const Dictionaries& dictionaries);

  /// Goes on to the next row. DataLoss when it makes no sense.
  absl::Status Advance();

  /// Of the row it stands at; kEnd after the last.
  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] const Record& record() const { return record_; }

  static constexpr std::int64_t kEnd = INT64_MAX;

 private:
  RecordCursor(Connection& connection, std::size_t type, Statement rows,
               const Dictionaries& dictionaries)
      : connection_(&connection),
        type_(type),
        rows_(std::move(rows)),
        dictionaries_(&dictionaries) {}

  Connection* connection_;
  std::size_t type_;
  Statement rows_;
  const Dictionaries* dictionaries_;
  std::int64_t id_ = 0;
  Record record_;
};

}  // namespace heimdallr::store
