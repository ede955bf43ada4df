// Where the bytes of an export go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/new_file.h"
#include "base/unique_fd.h"

namespace heimdallr::exports {

class ByteSink {
 public:
  virtual ~ByteSink() = default;

  /// Appends `bytes`. Cancelled when the reader of a pipe went away, which is a normal end; else by
  /// errno, naming the file. Nothing can be written after an error.
  [[nodiscard]] virtual absl::Status Write(std::string_view bytes) = 0;
};

/// A descriptor that stays the caller's, such as standard output.
class DescriptorSink : public ByteSink {
 public:
  /// `name` is what messages call it.
  DescriptorSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  [[nodiscard]] absl::Status Write(std::string_view bytes) override;

 private:
  int fd_;
  std::string name_;
};

/// A file that appears under its name when it is complete: until then, and after an error, what was
/// there before stays. What is no regular file, such as a pipe, is written as it is.
class FileSink : public ByteSink {
 public:
  /// Errors by errno: no such folder, no permission.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<FileSink>> Create(const std::string& path);

  [[nodiscard]] absl::Status Write(std::string_view bytes) override;

  /// The file that is being written; empty where there is no other than its own.
  [[nodiscard]] std::string temporary() const { return file_ ? file_->temporary() : ""; }

  /// Nothing more is written: the file gets its name.
  [[nodiscard]] absl::Status Finish();

 private:
  explicit FileSink(base::NewFile file) : file_(std::move(file)) {}
  FileSink(base::UniqueFd in_place, std::string name)
      : in_place_(std::move(in_place)), name_(std::move(name)) {}

  std::optional<base::NewFile> file_;
  base::UniqueFd in_place_;  // where there is no file_
  std::string name_;
};

}  // namespace heimdallr::exports
