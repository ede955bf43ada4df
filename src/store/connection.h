// An open SQLite database.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace heimdallr::store {

enum class OpenMode {
  kRead,    ///< an existing file, which nothing changes
  kAppend,  ///< an existing file; what is not committed is undone, also after a crash
  kCreate,  ///< a new file, worthless if it is not finished: fast, without a journal
};

/// "cannot do this with database 'runs.sqlite': disk is full. ..." with the code that fits.
[[nodiscard]] absl::Status SqliteError(sqlite3* database, std::string_view what);

/// Not thread-safe. Statements must be gone before their connection.
class Connection {
 public:
  /// NotFound when there is no such file, PermissionDenied, FailedPrecondition when it is no
  /// database, Unavailable when somebody else writes to it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path,
                                                                        OpenMode mode);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs statements that give no rows.
  absl::Status Execute(const char* sql);

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// The first error of those that were noted: what writes many rows looks here now and then.
  [[nodiscard]] const absl::Status& noted() const { return noted_; }
  void Note(const absl::Status& status) {
    if (noted_.ok()) noted_ = status;
  }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  Connection(std::unique_ptr<sqlite3, Closer> handle, std::string path)
      : handle_(std::move(handle)), path_(std::move(path)) {}

  absl::Status Configure(OpenMode mode);

  std::unique_ptr<sqlite3, Closer> handle_;
  std::string path_;
  absl::Status noted_;
};

}  // namespace heimdallr::store
