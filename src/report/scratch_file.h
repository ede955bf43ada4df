// A temporary file that has no name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace heimdallr::report {

/// Gone when it is closed, also if the program is killed. Not thread-safe.
class ScratchFile {
 public:
  /// In TMPDIR, or /tmp.
  [[nodiscard]] static absl::StatusOr<ScratchFile> Create();

  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&& other) noexcept;
  ~ScratchFile();

  [[nodiscard]] absl::Status Append(std::string_view bytes);
  [[nodiscard]] absl::StatusOr<std::string> Read(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  ScratchFile(int fd, std::string folder) : fd_(fd), folder_(std::move(folder)) {}

  int fd_ = -1;
  std::string folder_;
  std::uint64_t size_ = 0;
};

}  // namespace heimdallr::report
