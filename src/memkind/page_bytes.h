// The size of the kernel's pages.
#pragma once

#include <sys/auxv.h>

#include <cstddef>

namespace heimdallr::memory {

/// 4 KiB on x86-64, usually 64 KiB on POWER, either on ARM.
inline std::size_t PageBytes() { return getauxval(AT_PAGESZ); }

}  // namespace heimdallr::memory
