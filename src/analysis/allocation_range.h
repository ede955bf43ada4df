// What an allocation record says about ranges of addresses.
#pragma once

#include <cstdint>

#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// Whether the call gives up an old block before it makes a new one, in two records.
[[nodiscard]] bool IsTwoStep(AllocationCall call);

/// First address behind what a record of mmap and its kin maps or unmaps, which the kernel does in
/// whole pages (brk and sbrk in bytes); the record's own address if that is nothing, or more than
/// there is.
[[nodiscard]] std::uint64_t EndOfMapped(const AllocationRecord& record, std::uint64_t page_size);

}  // namespace heimdallr::analysis
