#include "base/syscall_error.h"

#include <system_error>

#include <fmt/format.h>

namespace heimdallr::base {

absl::Status SyscallError(int error_number, std::string_view what) {
  const std::string text = std::generic_category().message(error_number);
  return {absl::ErrnoToStatusCode(error_number), fmt::format("{}: {}", what, text)};
}

std::string_view Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace heimdallr::base
