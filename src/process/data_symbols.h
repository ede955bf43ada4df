// The variables, constants and sections of a file, by where they lie in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "heimdallr/symbols.h"
#include "process/elf_layout.h"
#include "process/elf_symbols.h"

namespace heimdallr::process {

/// The objects among `symbols` (sized, not thread-local) and the sections without code, in
/// ascending order of their offsets from layout.first_mapped_address(); of what starts together the
/// section first. Of objects that overlap one stays: the first, the largest, then the better name
/// (IsBetterName). `wanted` says whether the part [offset, offset + size) is of interest; all are
/// when it is empty.
[[nodiscard]] std::vector<DataSymbol> MakeDataSymbols(
    std::span<const ElfSymbol> symbols, const ElfLayout& layout,
    const std::function<bool(std::uint64_t offset, std::uint64_t size)>& wanted);

}  // namespace heimdallr::process
