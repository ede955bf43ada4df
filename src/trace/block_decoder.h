// Chunks that hold records, back into records.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "heimdallr/records.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "trace/format.h"
#include "trace/record_block.h"
#include "trace/string_store.h"

namespace heimdallr::trace {

/// What the records of one site of an allocation block have in common.
struct AllocationSite {
  AllocationRecord common;
  std::uint64_t last_size = 0;
  std::uint32_t flags = 0;  ///< AllocationSiteFlags
};

/// Decodes one chunk at a time and keeps the memory for the next. Not thread-safe.
class BlockDecoder {
 public:
  /// Fills `block`, which is empty, with the records of `message`, the content of a chunk of kind
  /// `kind`, in order of time. DataLoss, with the end of a sentence about the chunk, when it makes
  /// no sense; `block` is then worth nothing.
  absl::Status Decode(ChunkKind kind, std::string_view message, const StringStore& strings,
                      RecordBlock& block);

 private:
  absl::Status DecodeAccesses(std::string_view message, RecordBlock& block);
  absl::Status DecodeAllocations(std::string_view message, RecordBlock& block);
  absl::Status DecodeFaults(std::string_view message, RecordBlock& block);
  absl::Status DecodePlacements(std::string_view message, RecordBlock& block);

  v1::AccessBlock accesses_;
  v1::AllocationBlock allocations_;
  v1::FaultBlock faults_;
  v1::PlacementBlock placements_;
  std::vector<AccessRecord> access_sites_;
  std::vector<AllocationSite> allocation_sites_;
  std::vector<PlacementRecord> placement_sites_;
};

}  // namespace heimdallr::trace
