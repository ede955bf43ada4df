// Clocks, read from the kernel.
#pragma once

#include <cstdint>

namespace heimdallr::base {

[[nodiscard]] std::uint64_t MonotonicNs();
[[nodiscard]] std::uint64_t RealtimeNs();

/// CPU time of the calling process so far, all its threads.
[[nodiscard]] std::uint64_t ProcessCpuNs();

}  // namespace heimdallr::base
