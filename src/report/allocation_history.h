// What was allocated when, and by which call stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/allocation_statistics.h"
#include "analysis/code_names.h"
#include "analysis/code_place.h"
#include "analysis/module_map.h"
#include "heimdallr/records.h"
#include "report/code_table.h"
#include "report/group_table.h"
#include "report/site_bins.h"
#include "report/time_bins.h"

namespace heimdallr::report {

/// A call stack that allocates by one kind of call.
struct AllocatingStack {
  std::uint32_t stack = 0;  ///< in AllocationHistory::stacks
  AllocationCall call = AllocationCall::kUnknown;
  std::int32_t group = -1;  ///< in the group table
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
  std::uint64_t live_bytes = 0;   ///< at the end, or when its process ended
  std::uint64_t live_blocks = 0;  ///< likewise
  std::uint64_t peak_bytes = 0;
  std::uint64_t at_peak_bytes = 0;  ///< when the whole heap was largest
  std::uint64_t temporary = 0;      ///< freed before their thread allocated again
};

struct AllocationBin {
  std::int32_t site = -1;  ///< in AllocationHistory::sites; -1 = of those that SiteBins folded
  std::uint32_t bin = 0;
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
};

struct AllocationHistory {
  static constexpr std::size_t kBins = 256;
  /// Of more, those with the fewest bytes are one site with an empty stack, the last.
  static constexpr std::size_t kMostSites = 20'000;

  StackTable stacks;
  std::vector<AllocatingStack> sites;  ///< most bytes first
  std::vector<AllocationBin> by_time;  ///< by site and bin
  // Of the series' bins.
  std::vector<std::uint64_t> heap_bytes;    ///< largest in each
  std::vector<std::uint64_t> mapped_bytes;  ///< likewise
  std::vector<std::uint64_t> allocations;
  std::vector<std::uint64_t> deallocations;
  // Over all of the run, whatever is shown of it.
  analysis::CallTotals heap_calls;
  analysis::MemoryTotals heap;
  std::uint64_t mapped_peak_bytes = 0;
};

/// Fed with the allocation and process records of a run. Memory: live blocks and stacks.
class AllocationCounter {
 public:
  using StackLookup = std::function<std::span<const std::uint64_t>(std::uint32_t)>;

  /// `modules` is fed by the caller and outlives this object. `peak_record` is the number of the
  /// allocation record, from 1, at which the heap was largest.
  AllocationCounter(const analysis::ModuleMap& modules, StackLookup stack,
                    std::uint32_t page_size_bytes, const TimeBins& bins, std::uint64_t peak_record);
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  void Add(const AllocationRecord& record);
  void Add(const ProcessRecord& record);

  /// After the last record. Adds frames.
  [[nodiscard]] AllocationHistory Finish(const analysis::CodeNames& names, const GroupTable& groups,
                                         FrameTable& frames) &&;

 private:
  // Sites go by a number of call chain and call: AllocationStatistics is given the chain's number
  // instead of the caller, so that its sites are call stacks.
  using RowOfSite = absl::flat_hash_map<std::uint64_t, std::uint32_t>;
  struct LastBlock {
    std::uint64_t address = 0;
    std::uint64_t site = 0;
    std::int32_t pid = 0;
  };

  std::uint64_t ChainOf(const AllocationRecord& record);
  void CountTemporary(const AllocationRecord& record, std::uint64_t site);
  void SetLevels(std::uint64_t time_ns);
  RowOfSite AddSites(const analysis::CodeNames& names, const GroupTable& groups, FrameTable& frames,
                     AllocationHistory& history) const;
  void NameSite(const analysis::AllocationSite& site, const analysis::CodeNames& names,
                const GroupTable& groups, FrameTable& frames, StackTable& stacks,
                AllocatingStack& row) const;

  const analysis::ModuleMap& modules_;
  StackLookup stack_;
  TimeBins bins_;
  std::uint64_t peak_record_;
  analysis::ModuleMap no_modules_;  // before statistics_, which refers to it
  analysis::AllocationStatistics statistics_;
  std::uint64_t records_ = 0;
  std::vector<std::uint64_t> at_peak_;  // by site of statistics_
  analysis::CallChains chains_;
  // By process: the chain of each stack or caller.
  absl::flat_hash_map<std::int32_t, absl::flat_hash_map<std::uint64_t, std::uint64_t>> known_;
  absl::flat_hash_map<std::uint64_t, std::uint64_t> temporary_;  // by site
  absl::flat_hash_map<std::int32_t, LastBlock> last_block_;      // by thread id
  SiteBins by_time_;
  LevelSeries heap_bytes_;
  LevelSeries mapped_bytes_;
  std::vector<std::uint64_t> allocations_;
  std::vector<std::uint64_t> deallocations_;
};

}  // namespace heimdallr::report
