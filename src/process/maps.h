// /proc/PID/maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::process {

/// One line of /proc/PID/maps.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  ///< first address behind it
  std::uint64_t offset = 0;
  std::uint64_t inode = 0;
  std::uint32_t protection = 0;  ///< PROT_* bits
  bool shared = false;
  std::string path;  ///< empty for anonymous memory
};

/// Parses the text of a maps file; lines that make no sense are left out.
[[nodiscard]] std::vector<Mapping> ParseMaps(std::string_view text);

/// Reads the maps of a process. NotFound when it has gone, PermissionDenied when it is not ours.
[[nodiscard]] absl::StatusOr<std::vector<Mapping>> ReadMaps(int pid);

}  // namespace heimdallr::process
