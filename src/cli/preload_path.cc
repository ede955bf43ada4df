#include "cli/preload_path.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::cli {

absl::StatusOr<std::string> FindPreloadLibrary() {
  constexpr const char* kName = "libheimdallr-preload.so";
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return base::SyscallError(error.value(), "cannot read '/proc/self/exe'");

  const auto prefix = program.parent_path().parent_path();
  std::filesystem::path library = prefix / "lib" / kName;
  const auto installed = prefix / HEIMDALLR_LIBRARY_FOLDER / kName;
  if (!std::filesystem::exists(library, error)) library = installed;
  if (access(library.c_str(), R_OK) != 0) {
    return base::SyscallError(
        errno, fmt::format("cannot read the interposer '{}' (install heimdallr again, or record "
                           "without allocations by --no-allocations)",
                           library.string()));
  }
  return library.string();
}

}  // namespace heimdallr::cli
