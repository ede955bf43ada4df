// What differs between processors, but for time stamps (channel/time_stamp.h).
#pragma once

#include <sys/auxv.h>

#include <cstddef>
#include <cstdint>

namespace heimdallr::preload {

/// 4 KiB on x86-64, usually 64 KiB on POWER, either on ARM.
inline std::size_t PageBytes() { return getauxval(AT_PAGESZ); }

/// Where the thread's own variables are: right below on x86-64, right above on others. libc's
/// descriptor of the thread lies on the other side.
[[gnu::always_inline]] inline std::uintptr_t ThreadPointer() {
#if defined(__powerpc64__)
  // The register is that far ahead, so that 16-bit displacements reach more (ELFv2 ABI, 3.7.2).
  constexpr std::uintptr_t kAhead = 0x7000;
  std::uintptr_t pointer = 0;
  asm("mr %0, 13" : "=r"(pointer));
  return pointer - kAhead;
#else
  return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
#endif
}

/// Lets the other thread of the core go ahead while this one waits.
[[gnu::always_inline]] inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#elif defined(__powerpc64__)
  asm volatile("or 27, 27, 27");
#endif
}

}  // namespace heimdallr::preload
