// Whole small files, such as those of /proc and /sys.
#pragma once

#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::base {

/// The contents of a file of at most 16 MiB; its size need not be known beforehand (/proc). Errors
/// by errno, OutOfRange when it is larger.
[[nodiscard]] absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

}  // namespace heimdallr::base
