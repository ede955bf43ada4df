// Failed system calls as absl::Status.
#pragma once

#include <string_view>

#include <absl/status/status.h>

namespace heimdallr::base {

/// "`what`: <text of error_number>", with the status code that absl assigns to the errno value.
[[nodiscard]] absl::Status SyscallError(int error_number, std::string_view what);

/// The text of a status for people: its message without the code's name.
[[nodiscard]] std::string_view Message(const absl::Status& status);

}  // namespace heimdallr::base
