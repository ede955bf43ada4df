// The folder of a file-backed heap.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace heimdallr::topology {

/// Below, a heap has no room for its own tables.
inline constexpr std::uint64_t kMinHeapBytes = std::uint64_t{4} << 20;

struct HeapFolder {
  std::uint64_t free_bytes = 0;  ///< for this user; the largest value = no limit is known
  bool on_dax = false;           ///< loads and stores reach the device, without a page cache
};

/// Tries whether files of kMinHeapBytes can be made in `folder`; one is made, without a name where
/// the file system knows that, and is gone afterwards. NotFound, FailedPrecondition (no folder),
/// PermissionDenied, ResourceExhausted (full) and others by errno.
[[nodiscard]] absl::StatusOr<HeapFolder> TryHeapFolder(const std::string& folder);

/// Whether `mountinfo` (the text of /proc/self/mountinfo) says that `device` is mounted with DAX
/// for all files. For kernels whose statx(2) does not tell.
[[nodiscard]] bool IsMountedWithDax(std::string_view mountinfo, dev_t device);

}  // namespace heimdallr::topology
