#include "cli/preload_path.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"

namespace heimdallr::cli {

namespace {

// Path of `name` beside this program; it need not be there.
absl::StatusOr<std::string> Beside(const std::string& name) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return base::SyscallError(error.value(), "cannot read '/proc/self/exe'");
  const auto prefix = program.parent_path().parent_path();
  const auto built = prefix / "lib" / name;
  if (std::filesystem::exists(built, error)) return built.string();
  return (prefix / HEIMDALLR_LIBRARY_FOLDER / name).string();
}

}  // namespace

absl::StatusOr<std::string> FindPreloadLibrary() {
  ASSIGN_OR_RETURN(std::string library, Beside("libheimdallr-preload.so"));
  if (access(library.c_str(), R_OK) != 0) {
    return base::SyscallError(
        errno, fmt::format("cannot read the interposer '{}' (install heimdallr again, or record "
                           "without allocations by --no-allocations)",
                           library));
  }
  return library;
}

absl::StatusOr<HeapFiles> FindHeapFiles() {
  HeapFiles files;
  ASSIGN_OR_RETURN(files.library, Beside("libheimdallr-memkind.so"));
  ASSIGN_OR_RETURN(files.probe, Beside("heimdallr-heap-probe"));
  for (const std::string& file : {files.library, files.probe}) {
    if (access(file.c_str(), R_OK) == 0) continue;
    return base::SyscallError(
        errno,
        fmt::format("kind: and pmem: need '{}' (install heimdallr again, built with memkind; "
                    "node:, preferred: and interleave: do without it)",
                    file));
  }
  return files;
}

}  // namespace heimdallr::cli
