#include "cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "base/syscall_error.h"

namespace heimdallr::cli {

bool Output::Flush() {
  const char* at = buffer_.data();
  std::size_t left = buffer_.size();
  while (open_ && left != 0) {
    const ssize_t written = write(fd_, at, left);
    if (written >= 0) {
      at += written;
      left -= static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {  // somebody made the terminal or pipe non-blocking
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      open_ = false;
      if (errno != EPIPE) status_ = base::SyscallError(errno, "cannot write the output");
    }
  }
  buffer_.clear();
  return open_;
}

}  // namespace heimdallr::cli
