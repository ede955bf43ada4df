#include "store/connection.h"

#include <utility>

#include <fmt/format.h>

namespace heimdallr::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// No value of a row of ours is larger: the longest are names in traces.
constexpr int kLongestValue = 16 << 20;

struct Explained {
  absl::StatusCode code;
  std::string_view advice;
};

Explained Explain(int error) {
  switch (error & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {absl::StatusCode::kUnavailable,
              ". Another program is writing to it: try again when that has ended"};
    case SQLITE_FULL:
      return {absl::StatusCode::kResourceExhausted,
              ". Nothing was changed: make room on the disk and try again"};
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return {absl::StatusCode::kResourceExhausted, ""};
    case SQLITE_CORRUPT:
      return {absl::StatusCode::kDataLoss,
              ". The file is damaged: make it anew from the traces (trace-dump convert)"};
    case SQLITE_NOTADB:
      return {absl::StatusCode::kFailedPrecondition, ". Give another file"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {absl::StatusCode::kPermissionDenied, ". Check its permissions and its folder's"};
    case SQLITE_CANTOPEN:
      return {absl::StatusCode::kNotFound, ". Check that it is there and may be read"};
    case SQLITE_IOERR:
      return {absl::StatusCode::kUnavailable, ". Check the disk"};
    default:
      return {absl::StatusCode::kInternal, ""};
  }
}

}  // namespace

absl::Status SqliteError(sqlite3* database, std::string_view what) {
  const int error = sqlite3_extended_errcode(database);
  const Explained explained = Explain(error);
  const char* const path = sqlite3_db_filename(database, "main");
  return {explained.code,
          fmt::format("cannot {} database '{}': {}{}", what, path == nullptr ? "" : path,
                      sqlite3_errmsg(database), explained.advice)};
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path,
                                                             OpenMode mode) {
  // Also what only reads must be able to write: a conversion that was killed is undone then.
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (mode == OpenMode::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int error = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<sqlite3, Closer> handle(raw);
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a database");
  if (error != SQLITE_OK) {
    // It has no name yet that SqliteError could give.
    const Explained explained = Explain(error);
    return absl::Status(explained.code, fmt::format("cannot open database '{}': {}{}", path,
                                                    sqlite3_errmsg(raw), explained.advice));
  }
  std::unique_ptr<Connection> connection(new Connection(std::move(handle), path));
  if (absl::Status status = connection->Configure(mode); !status.ok()) return status;
  return connection;
}

absl::Status Connection::Configure(OpenMode mode) {
  sqlite3_extended_result_codes(handle_.get(), 1);
  sqlite3_busy_timeout(handle_.get(), kBusyTimeoutMs);
  sqlite3_limit(handle_.get(), SQLITE_LIMIT_LENGTH, kLongestValue);
  // A file from elsewhere may hold anything: its schema must not act on us.
  // Of a new file there is nothing to fear, and this would forbid to do without a journal.
  const int defensive = mode == OpenMode::kCreate ? 0 : 1;
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DEFENSIVE, defensive, nullptr);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  const char* pragmas = "";
  switch (mode) {
    case OpenMode::kRead:
      pragmas = "PRAGMA cell_size_check = ON; PRAGMA query_only = ON; PRAGMA mmap_size = 0;";
      break;
    case OpenMode::kAppend:
      pragmas =
          "PRAGMA cell_size_check = ON; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
          "PRAGMA cache_size = -65536; PRAGMA temp_store = FILE;";
      break;
    case OpenMode::kCreate:
      pragmas =
          "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
          "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;"
          "PRAGMA temp_store = FILE;";
      break;
  }
  return Execute(pragmas);
}

absl::Status Connection::Execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return SqliteError(handle_.get(), "use");
}

}  // namespace heimdallr::store
