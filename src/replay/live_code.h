// Machine code of a running process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace heimdallr::replay {

/// Copies bytes from `address` of process `pid` and returns how many could be read: less than asked
/// for when a page is not mapped, 0 when the process is gone or may not be looked into.
[[nodiscard]] std::size_t ReadLiveCode(pid_t pid, std::uint64_t address, std::span<std::byte> into);

}  // namespace heimdallr::replay
