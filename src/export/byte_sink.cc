#include "export/byte_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace heimdallr::exports {
namespace {

// Owners may read and write, the umask says who else may.
constexpr mode_t kFileMode = 0666;

absl::Status Failed(int error, std::string_view what, const std::string& name) {
  const std::string message = fmt::format("cannot {} '{}'", what, name);
  return absl::ErrnoToStatus(error, {message.data(), message.size()});
}

bool IsNoRegularFile(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

// mkostemp gives its files to the owner alone.
mode_t UsualMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return kFileMode & ~mask;
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
      return Failed(errno, "write", name_);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileSink>> FileSink::Create(const std::string& path) {
  if (IsNoRegularFile(path)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return Failed(errno, "write", path);
    return std::unique_ptr<FileSink>(new FileSink(fd, path, ""));
  }
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Failed(errno, "make", path);
  fchmod(fd, UsualMode());
  return std::unique_ptr<FileSink>(new FileSink(fd, path, temporary));
}

FileSink::~FileSink() {
  if (fd_ < 0) return;
  close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status FileSink::Finish() {
  const int fd = fd_;
  fd_ = -1;
  // Some file systems say only now that there was no room.
  const bool closed = close(fd) == 0;
  const int error = errno;
  if (temporary_.empty()) return closed ? absl::OkStatus() : Failed(error, "write", path_);
  if (!closed) {
    unlink(temporary_.c_str());
    return Failed(error, "write", path_);
  }
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int why = errno;
    unlink(temporary_.c_str());
    return Failed(why, "make", path_);
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::exports
