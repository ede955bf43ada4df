// What the program allocated: totals, what is live, where it came from.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/allocation_sites.h"
#include "analysis/displaced_blocks.h"
#include "analysis/live_blocks.h"
#include "analysis/module_map.h"
#include "analysis/range_map.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

struct CallTotals {
  std::uint64_t allocations = 0;  ///< that succeeded
  std::uint64_t bytes = 0;        ///< asked for by these
  std::uint64_t failures = 0;
  std::uint64_t deallocations = 0;
};

/// Over all processes. A block that a forked child inherits stays its parent's: it is counted once.
struct MemoryTotals {
  std::uint64_t live_blocks = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t peak_live_bytes = 0;
  std::uint64_t peak_time_ns = 0;  ///< when the peak was first reached
  std::uint64_t left_blocks = 0;   ///< live when their process ended or executed another program
  std::uint64_t left_bytes = 0;

  [[nodiscard]] std::uint64_t never_freed_blocks() const { return live_blocks + left_blocks; }
  [[nodiscard]] std::uint64_t never_freed_bytes() const { return live_bytes + left_bytes; }
};

/// Events that do not fit what came before. Few are normal: blocks older than the interposer.
struct AllocationOddities {
  std::uint64_t unknown_frees = 0;    ///< of an address that is not a live block
  std::uint64_t inherited_frees = 0;  ///< by a child, of a block its parent allocated: normal
  std::uint64_t missed_frees = 0;     ///< an address handed out again without a free between
};

/// Consumes the allocation and process records of a trace in order of time. Memory grows with the
/// live blocks and the sites, not with the records. Not thread-safe.
///
/// "Heap" is what malloc, new and their kin give; "mapped" what the program itself asks of the
/// kernel by mmap, mremap, brk and sbrk, in whole pages, until it is unmapped piece by piece.
class AllocationStatistics {
 public:
  static constexpr std::size_t kCalls = static_cast<std::size_t>(AllocationCall::kSbrk) + 1;

  /// `modules` is fed by the caller with the same trace and must outlive this object.
  AllocationStatistics(const ModuleMap& modules, std::uint32_t page_size_bytes);

  void Add(const AllocationRecord& record);
  void Add(const ProcessRecord& record);

  [[nodiscard]] const std::array<CallTotals, kCalls>& calls() const { return calls_; }
  [[nodiscard]] const MemoryTotals& heap() const { return heap_; }
  [[nodiscard]] const MemoryTotals& mapped() const { return mapped_; }
  [[nodiscard]] const AllocationOddities& oddities() const { return oddities_; }
  [[nodiscard]] const std::vector<AllocationSite>& sites() const { return sites_.all(); }

 private:
  // A process between two execs.
  struct Image {
    std::uint32_t number = 0;
    LiveBlocks blocks;
    RangeMap<std::uint32_t> mapped;  // index into `sites`
    std::vector<ImageSite> sites;
    absl::flat_hash_map<std::uint64_t, std::uint32_t> site_index;
  };
  struct Piece {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint32_t site = 0;
  };
  // The first half of a realloc or mremap, kept until the second half says whether it succeeded.
  struct GivenUp {
    std::uint64_t address = 0;
    std::uint32_t image = 0;
    std::optional<LiveBlock> block;
    std::vector<Piece> pieces;
  };

  Image& ImageOf(std::int32_t pid);
  void EndImage(std::int32_t pid);
  void Fork(std::int32_t parent, std::int32_t child);
  std::uint32_t SiteIn(Image& image, const AllocationRecord& record);

  void Allocate(Image& image, const AllocationRecord& record);
  void Deallocate(Image& image, const AllocationRecord& record);
  void OnFailure(Image& image, const AllocationRecord& record);
  void Map(Image& image, const AllocationRecord& record, std::uint32_t site);
  std::vector<Piece> Unmap(Image& image, const AllocationRecord& record);
  void Restore(Image& image, const GivenUp& given_up, const AllocationRecord& record);

  void Grow(Image& image, std::uint32_t site, MemoryTotals& totals, std::uint64_t blocks,
            std::uint64_t bytes, std::uint64_t time_ns);
  void Shrink(Image& image, std::uint32_t site, MemoryTotals& totals, std::uint64_t blocks,
              std::uint64_t bytes);

  const ModuleMap& modules_;
  std::uint64_t page_size_;
  std::array<CallTotals, kCalls> calls_{};
  MemoryTotals heap_;
  MemoryTotals mapped_;
  AllocationOddities oddities_;
  AllocationSites sites_;
  absl::flat_hash_map<std::int32_t, std::unique_ptr<Image>> images_;  // by process id
  std::uint32_t next_image_ = 1;
  std::int32_t last_pid_ = 0;  // of last_image_, which most records share
  Image* last_image_ = nullptr;
  absl::flat_hash_map<std::int32_t, GivenUp> given_up_;  // by thread id
  DisplacedBlocks displaced_;
};

}  // namespace heimdallr::analysis
