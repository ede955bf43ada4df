#include "analysis/allocation_sites.h"

namespace heimdallr::analysis {

std::uint32_t AllocationSites::IdOf(const CodeLocation& location, std::uint64_t caller,
                                    AllocationCall call) {
  const auto [entry, is_new] = ids_.try_emplace(Key{location.offset, location.module, call},
                                                static_cast<std::uint32_t>(sites_.size()));
  if (is_new) sites_.push_back({.location = location, .caller = caller, .call = call});
  return entry->second;
}

}  // namespace heimdallr::analysis
