// A file that appears when it is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::base {

/// Written under a temporary name beside its own. Without `Commit` nothing of it stays, and what
/// had the name before is untouched. Not thread-safe.
class NewFile {
 public:
  /// `path` names no file, or one that may be replaced; a link is followed.
  [[nodiscard]] static absl::StatusOr<NewFile> Create(const std::string& path);

  NewFile(NewFile&&) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] absl::Status Write(std::string_view bytes);
  [[nodiscard]] absl::Status Commit();
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The file that is being written; empty once it has its name.
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

 private:
  NewFile(UniqueFd fd, std::string path, std::string temporary)
      : fd_(std::move(fd)), path_(std::move(path)), temporary_(std::move(temporary)) {}

  UniqueFd fd_;
  std::string path_;
  std::string temporary_;  // empty once it has its name
  std::uint64_t size_ = 0;
};

}  // namespace heimdallr::base
