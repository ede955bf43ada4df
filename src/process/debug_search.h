// Finds the separate file that holds the debug information of another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "process/elf_handle.h"

namespace heimdallr::process {

/// What a file says of the one that it refers to.
struct DebugReference {
  std::string build_id;              ///< bytes; empty = unknown
  std::string name;                  ///< file name or path; empty = unknown
  std::optional<std::uint32_t> crc;  ///< CRC-32 of the whole file, when there is no build-id
};

/// Opens the file that `reference`, found in the file at `from`, means. An empty handle when there
/// is none with that build-id, or that checksum.
[[nodiscard]] ElfHandle OpenReferenced(const std::string& from, const DebugReference& reference);

/// The build-id of a file, as bytes; empty when it has none.
[[nodiscard]] std::string BuildId(Elf* elf);

}  // namespace heimdallr::process
