// Clocks, read from the kernel. All are nanoseconds, and cannot fail: every Linux has these clocks.
#pragma once

#include <cstdint>

namespace heimdallr::base {

/// CLOCK_MONOTONIC: since some moment near boot, time in suspend left out. Never goes back.
[[nodiscard]] std::uint64_t MonotonicNs();

/// CLOCK_REALTIME: since 1970-01-01 00:00 UTC. Jumps when somebody sets the clock.
[[nodiscard]] std::uint64_t RealtimeNs();

/// CPU time of the calling process since it began, user and system, all its threads.
[[nodiscard]] std::uint64_t ProcessCpuNs();

}  // namespace heimdallr::base
