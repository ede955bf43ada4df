// Where the interposer is.
#pragma once

#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::cli {

/// Path of libheimdallr-preload.so beside this program: ../lib of the folder it is in, or the
/// library folder of the installation. NotFound or PermissionDenied with what to do about it.
[[nodiscard]] absl::StatusOr<std::string> FindPreloadLibrary();

}  // namespace heimdallr::cli
