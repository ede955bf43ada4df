#include "analysis/allocation_range.h"

#include <limits>

namespace heimdallr::analysis {

bool IsTwoStep(AllocationCall call) {
  return call == AllocationCall::kRealloc || call == AllocationCall::kReallocarray ||
         call == AllocationCall::kMremap;
}

std::uint64_t EndOfMapped(const AllocationRecord& record, std::uint64_t page_size) {
  const bool is_break = record.call == AllocationCall::kBrk || record.call == AllocationCall::kSbrk;
  const std::uint64_t unit = is_break ? 1 : page_size;
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - record.address;
  if (room < unit || record.size > room - unit) return record.address;
  return record.address + (record.size + unit - 1) / unit * unit;
}

}  // namespace heimdallr::analysis
