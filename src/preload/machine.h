// What differs between processors, but for time stamps (channel/time_stamp.h).
#pragma once

#include <sys/auxv.h>

#include <cstddef>
#include <cstdint>

namespace heimdallr::preload {

/// 4 KiB on x86-64, usually 64 KiB on POWER, either on ARM.
inline std::size_t PageBytes() { return getauxval(AT_PAGESZ); }

/// What the registers say of where the thread's own variables are.
[[gnu::always_inline]] inline std::uintptr_t ThreadPointer() {
#if defined(__powerpc64__)
  std::uintptr_t pointer = 0;
  asm("mr %0, 13" : "=r"(pointer));
  return pointer;
#else
  return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
#endif
}

/// An address in libc's descriptor of the thread, or at its end.
[[gnu::always_inline]] inline std::uintptr_t ThreadDescriptor() {
#if defined(__powerpc64__)
  // The pointer is that far ahead, so that 16-bit displacements reach more (ELFv2 ABI, 3.7.2).
  constexpr std::uintptr_t kAhead = 0x7000;
  return ThreadPointer() - kAhead;
#else
  return ThreadPointer();
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
