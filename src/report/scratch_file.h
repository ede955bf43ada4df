// A temporary file that has no name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::report {

/// Gone when it is closed, also if the program is killed. Not thread-safe.
class ScratchFile {
 public:
  /// In TMPDIR, or /tmp.
  [[nodiscard]] static absl::StatusOr<ScratchFile> Create();

  [[nodiscard]] absl::Status Append(std::string_view bytes);
  [[nodiscard]] absl::StatusOr<std::string> Read(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  ScratchFile(base::UniqueFd fd, std::string folder)
      : fd_(std::move(fd)), folder_(std::move(folder)) {}

  base::UniqueFd fd_;
  std::string folder_;
  std::uint64_t size_ = 0;
};

}  // namespace heimdallr::report
