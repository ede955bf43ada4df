// Where the interposer is.
#pragma once

#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::cli {

/// Path of libheimdallr-preload.so beside this program: ../lib of the folder it is in, or the
/// library folder of the installation. NotFound or PermissionDenied with what to do about it.
[[nodiscard]] absl::StatusOr<std::string> FindPreloadLibrary();

/// What gives a workload a heap of another memory.
struct HeapFiles {
  std::string library;  ///< libheimdallr-memkind.so
  std::string probe;    ///< heimdallr-heap-probe
};

/// Their paths, in the same folders. NotFound when heimdallr was built without memkind.
[[nodiscard]] absl::StatusOr<HeapFiles> FindHeapFiles();

}  // namespace heimdallr::cli
