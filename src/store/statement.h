// One SQL statement: values in, rows out.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "store/connection.h"

namespace heimdallr::store {

/// Bytes that are not text, such as a build-id; NULL in the database if empty.
struct Bytes {
  std::string_view bytes;
};

/// Not thread-safe. What rows return is valid until the next Step.
class Statement {
 public:
  [[nodiscard]] static absl::StatusOr<Statement> Prepare(Connection& connection,
                                                         std::string_view sql);

  /// Binds all parameters, in their order. Integers of 64 bits keep their bits. Text that is not
  /// valid UTF-8, or has a NUL, is bound as the blob it is.
  template <typename... Values>
  void Bind(const Values&... values) {
    int index = 0;
    (BindOne(++index, values), ...);
  }
  void BindInteger(int index, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), index, value);
  }
  void BindNull(int index) { sqlite3_bind_null(handle_.get(), index); }

  /// Whether there is a row.
  [[nodiscard]] absl::StatusOr<bool> Step();
  /// To be run again, with other values.
  void Reset() { sqlite3_reset(handle_.get()); }
  /// Binds, runs to the end, and resets.
  template <typename... Values>
  absl::Status Run(const Values&... values) {
    Bind(values...);
    return Finish();
  }
  absl::Status Finish();

  // Columns of the row, from 0. What is of another type is converted as SQLite does.
  [[nodiscard]] std::int64_t Integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
  }
  [[nodiscard]] std::uint64_t Unsigned(int column) const {
    return static_cast<std::uint64_t>(Integer(column));
  }
  [[nodiscard]] double Real(int column) const {
    return sqlite3_column_double(handle_.get(), column);
  }
  [[nodiscard]] bool IsNull(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }
  /// The bytes of a text or blob; empty of NULL.
  [[nodiscard]] std::string_view Text(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };

  explicit Statement(std::unique_ptr<sqlite3_stmt, Finalizer> handle)
      : handle_(std::move(handle)) {}

  template <typename Value>
  requires std::integral<Value> || std::is_enum_v<Value>
  void BindOne(int index, Value value) { BindInteger(index, static_cast<std::int64_t>(value)); }
  void BindOne(int index, double value) { sqlite3_bind_double(handle_.get(), index, value); }
  void BindOne(int index, std::string_view text);
  void BindOne(int index, const std::string& text) { BindOne(index, std::string_view(text)); }
  void BindOne(int index, const char* text) { BindOne(index, std::string_view(text)); }
  void BindOne(int index, Bytes bytes);
  void BindOne(int index, std::nullopt_t /*none*/) { BindNull(index); }
  template <typename Value>
  void BindOne(int index, const std::optional<Value>& value) {
    if (value) {
      BindOne(index, *value);
    } else {
      BindNull(index);
    }
  }

  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

}  // namespace heimdallr::store
