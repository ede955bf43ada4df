// Where the bytes of an export go.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

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

  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override;

  [[nodiscard]] absl::Status Write(std::string_view bytes) override { return sink_.Write(bytes); }

  /// The file that is being written; empty where there is no other than its own.
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

  /// Nothing more is written: the file gets its name.
  [[nodiscard]] absl::Status Finish();

 private:
  FileSink(int fd, std::string path, std::string temporary)
      : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)), sink_(fd, path_) {}

  int fd_;
  std::string path_;
  std::string temporary_;  // empty: written in place
  DescriptorSink sink_;
};

}  // namespace heimdallr::exports
