// What an executable says of how it wants to be loaded.
#pragma once

#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::process {

struct ElfInfo {
  std::string build_id;     ///< bytes; empty = none
  std::string interpreter;  ///< the dynamic loader's path; empty for static programs and libraries
  bool is_64_bit = false;
  bool is_native = false;   ///< for the architecture this program runs on
  bool needs_asan = false;  ///< linked to libasan, or with its runtime inside
};

/// Reads `path`. InvalidArgument when it is no ELF file (a script, for example).
[[nodiscard]] absl::StatusOr<ElfInfo> ReadElfInfo(const std::string& path);

}  // namespace heimdallr::process
