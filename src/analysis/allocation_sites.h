// Places in code that allocate.
#pragma once

#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/module_map.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// One call in one place of the code, over all processes.
struct AllocationSite {
  CodeLocation location;  ///< where the call returns to
  std::uint64_t caller =
      0;  ///< the same as an address, of the first process seen there; 0 = not known
  AllocationCall call = AllocationCall::kUnknown;
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;            ///< allocated in all
  std::uint64_t live_blocks = 0;      ///< now; 0 for calls that map memory, which go by bytes
  std::uint64_t live_bytes = 0;       ///< now
  std::uint64_t peak_live_bytes = 0;  ///< at one moment, over all processes
  std::uint64_t left_blocks = 0;      ///< live when their process ended or executed another program
  std::uint64_t left_bytes = 0;

  [[nodiscard]] std::uint64_t never_freed_blocks() const { return live_blocks + left_blocks; }
  [[nodiscard]] std::uint64_t never_freed_bytes() const { return live_bytes + left_bytes; }
};

/// All sites of a trace, numbered from 0.
class AllocationSites {
 public:
  std::uint32_t IdOf(const CodeLocation& location, std::uint64_t caller, AllocationCall call);

  [[nodiscard]] AllocationSite& operator[](std::uint32_t id) { return sites_[id]; }
  [[nodiscard]] const std::vector<AllocationSite>& all() const { return sites_; }

 private:
  struct Key {
    std::uint64_t offset;
    std::uint32_t module;
    AllocationCall call;

    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.offset, key.module, key.call);
    }
  };

  std::vector<AllocationSite> sites_;
  absl::flat_hash_map<Key, std::uint32_t> ids_;
};

/// What one image (a process between two execs) has live, by site.
struct ImageSite {
  std::uint32_t site = 0;  ///< in AllocationSites
  std::uint64_t live_blocks = 0;
  std::uint64_t live_bytes = 0;
};

}  // namespace heimdallr::analysis
