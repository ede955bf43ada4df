// Whole small files, such as those of /proc and /sys.
#pragma once

#include <cstddef>
#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::base {

inline constexpr std::size_t kLargestSmallFile = 16U << 20;

/// The contents of a file of at most `max_bytes`; its size need not be known beforehand (/proc).
/// Errors by errno, OutOfRange when it is larger.
[[nodiscard]] absl::StatusOr<std::string> ReadSmallFile(const std::string& path,
                                                        std::size_t max_bytes = kLargestSmallFile);

/// The contents of a file of at most `max_bytes` in a folder where others may write.
/// PermissionDenied when it is not ours or root's, FailedPrecondition when it is no regular file;
/// else as above.
[[nodiscard]] absl::StatusOr<std::string> ReadOwnFile(const std::string& path,
                                                      std::size_t max_bytes);

}  // namespace heimdallr::base
