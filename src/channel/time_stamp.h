// The processor's own counter, which runs at one rate and is read without a system call.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace heimdallr::channel {

#if defined(__x86_64__) || defined(__aarch64__) || defined(__powerpc64__)
inline constexpr bool kHasTimeStampCounter = true;
#else
inline constexpr bool kHasTimeStampCounter = false;
#endif

/// Ticks of the counter: the TSC of x86-64, the virtual counter of the generic timer of ARM, the
/// time base of POWER. Their rates differ: ClockSync measures them. 0 where there is none.
[[gnu::always_inline]] inline std::uint64_t ReadTimeStampCounter() {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  // Without the barrier the counter may be read ahead of loads that stand before it, and the stamp
  // of an allocation could come before that of the free in another thread which made room for it.
  std::uint64_t ticks = 0;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
  return ticks;
#elif defined(__powerpc64__)
  return __builtin_ppc_get_timebase();
#else
  return 0;
#endif
}

}  // namespace heimdallr::channel
