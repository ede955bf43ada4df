// The addresses that a part of the debug information is about.
#pragma once

#include <cstddef>
#include <cstdint>

#include <elfutils/libdw.h>

#include "process/elf_layout.h"

namespace heimdallr::process {

/// Calls `add(begin, end)` for each range of code of `die`. What lies outside of the file's code is
/// left out: linkers leave 0 or the highest address where they threw a function away.
template <typename Add>
void ReadRanges(Dwarf_Die& die, const ElfLayout& layout, Add add) {
  constexpr std::size_t kMaxRanges = std::size_t{1} << 20;
  Dwarf_Addr base = 0;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  std::ptrdiff_t at = 0;
  for (std::size_t i = 0; i < kMaxRanges; ++i) {
    at = dwarf_ranges(&die, at, &base, &begin, &end);
    if (at <= 0) return;
    if (begin < end && layout.IsCode(begin) && layout.IsCode(end - 1)) add(begin, end);
  }
}

}  // namespace heimdallr::process
