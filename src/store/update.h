// Changing a database file: all or nothing.
#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "store/connection.h"

namespace heimdallr::store {

/// What is done between Begin and Commit is there for others when Commit has succeeded, and never
/// was there otherwise, whatever ends the program. Not thread-safe.
///
/// A file that exists is changed in one transaction with a rollback journal: new rows go behind
/// what is there, so little is written twice, whatever the size of the database. A new file is made
/// beside its place, without a journal, and moved there in the end.
class Update {
 public:
  /// Opens `path`, or begins it when there is nothing or an empty file. Errors as Connection::Open
  /// and CheckSchema.
  [[nodiscard]] static absl::StatusOr<Update> Begin(const std::string& path);

  Update(Update&&) noexcept = default;
  Update& operator=(Update&&) = delete;
  ~Update();

  [[nodiscard]] Connection& connection() { return *connection_; }

  /// Makes everything since Begin lasting. Nothing else may be called afterwards. Statements of the
  /// connection must be gone.
  absl::Status Commit();

 private:
  Update(std::unique_ptr<Connection> connection, std::string path, std::string temporary)
      : connection_(std::move(connection)),
        path_(std::move(path)),
        temporary_(std::move(temporary)) {}

  static absl::StatusOr<Update> BeginNew(const std::string& path);
  absl::Status Publish();

  std::unique_ptr<Connection> connection_;  // nullptr = done
  std::string path_;
  std::string temporary_;  // of a new file; empty = an existing one is changed
};

}  // namespace heimdallr::store
