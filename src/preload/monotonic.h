// The clock the kernel, the recorder and all processes share.
#pragma once

#include <time.h>

#include <cstdint>

namespace heimdallr::preload {

/// ns of CLOCK_MONOTONIC. No system call, and safe in a signal handler.
inline std::uint64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace heimdallr::preload
