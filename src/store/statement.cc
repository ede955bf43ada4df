#include "store/statement.h"

#include "base/printable.h"

namespace heimdallr::store {

absl::StatusOr<Statement> Statement::Prepare(Connection& connection, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int error = sqlite3_prepare_v3(connection.handle(), sql.data(),
                                       static_cast<int>(sql.size()), 0, &raw, nullptr);
  std::unique_ptr<sqlite3_stmt, Finalizer> handle(raw);
  if (error != SQLITE_OK) return SqliteError(connection.handle(), "use");
  return Statement(std::move(handle));
}

absl::StatusOr<bool> Statement::Step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  sqlite3* const database = sqlite3_db_handle(handle_.get());
  return SqliteError(database, sqlite3_stmt_readonly(handle_.get()) != 0 ? "read" : "write to");
}

absl::Status Statement::Finish() {
  absl::StatusOr<bool> row = Step();
  while (row.ok() && *row) row = Step();
  Reset();
  return row.status();
}

void Statement::BindOne(int index, std::string_view text) {
  // An empty view may have no address, which would be taken for NULL.
  const char* const data = text.empty() ? "" : text.data();
  if (base::IsText(text)) {
    sqlite3_bind_text64(handle_.get(), index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } else {
    sqlite3_bind_blob64(handle_.get(), index, data, text.size(), SQLITE_TRANSIENT);
  }
}

void Statement::BindOne(int index, Bytes bytes) {
  if (bytes.bytes.empty()) {
    BindNull(index);
  } else {
    sqlite3_bind_blob64(handle_.get(), index, bytes.bytes.data(), bytes.bytes.size(),
                        SQLITE_TRANSIENT);
  }
}

std::string_view Statement::Text(int column) const {
  // Asking for the blob of an integer makes it a text first.
  const void* const data = sqlite3_column_blob(handle_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

}  // namespace heimdallr::store
