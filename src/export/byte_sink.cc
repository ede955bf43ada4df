#include "export/byte_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"

namespace heimdallr::exports {
namespace {

bool IsNoRegularFile(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

}  // namespace

absl::Status DescriptorSink::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody made the terminal or pipe non-blocking
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      poll(&writable, 1, -1);
    } else if (errno == EPIPE) {
      return absl::CancelledError("the reader of the output went away");
    } else if (errno != EINTR) {
      return base::SyscallError(errno, fmt::format("cannot write '{}'", name_));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileSink>> FileSink::Create(const std::string& path) {
  if (IsNoRegularFile(path)) {
    base::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd.valid()) return base::SyscallError(errno, fmt::format("cannot write '{}'", path));
    return std::unique_ptr<FileSink>(new FileSink(std::move(fd), path));
  }
  ASSIGN_OR_RETURN(base::NewFile file, base::NewFile::Create(path));
  return std::unique_ptr<FileSink>(new FileSink(std::move(file)));
}

absl::Status FileSink::Write(std::string_view bytes) {
  if (file_) return file_->Write(bytes);
  return DescriptorSink(in_place_.get(), name_).Write(bytes);
}

absl::Status FileSink::Finish() {
  if (file_) return file_->Commit();
  // Some file systems say only now that there was no room.
  if (close(in_place_.release()) == 0) return absl::OkStatus();
  return base::SyscallError(errno, fmt::format("cannot write '{}'", name_));
}

}  // namespace heimdallr::exports
