#include "report/allocation_history.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "analysis/names.h"

namespace heimdallr::report {
namespace {

using analysis::AllocationSite;

constexpr unsigned kCallBits = 7;

// Chain numbers begin at 1, as AllocationSite::caller 0 is none.
std::uint64_t SiteKey(std::uint64_t chain, AllocationCall call) {
  return chain << kCallBits | static_cast<std::uint64_t>(call);
}

AllocatingStack RowOf(const AllocationSite& site) {
  return {.call = site.call,
          .allocations = site.allocations,
          .bytes = site.bytes,
          .live_bytes = site.never_freed_bytes(),
          .live_blocks = site.never_freed_blocks(),
          .peak_bytes = site.peak_live_bytes};
}

void AddTo(AllocatingStack& sum, const AllocatingStack& other) {
  sum.allocations += other.allocations;
  sum.bytes += other.bytes;
  sum.live_bytes += other.live_bytes;
  sum.live_blocks += other.live_blocks;
  sum.peak_bytes += other.peak_bytes;
  sum.at_peak_bytes += other.at_peak_bytes;
  sum.temporary += other.temporary;
}

// Sorts by site and bin; sites that are one row are added up.
void JoinEqual(std::vector<AllocationBin>& bins) {
  std::sort(bins.begin(), bins.end(), [](const AllocationBin& a, const AllocationBin& b) {
    return std::tie(a.site, a.bin) < std::tie(b.site, b.bin);
  });
  std::size_t kept = 0;
  for (const AllocationBin& bin : bins) {
    if (kept != 0 && bins[kept - 1].site == bin.site && bins[kept - 1].bin == bin.bin) {
      bins[kept - 1].allocations += bin.allocations;
      bins[kept - 1].bytes += bin.bytes;
    } else {
      bins[kept++] = bin;
    }
  }
  bins.resize(kept);
}

analysis::CallTotals HeapCalls(const analysis::AllocationStatistics& statistics) {
  analysis::CallTotals sum;
  for (std::size_t i = 0; i < statistics.calls().size(); ++i) {
    if (analysis::MapsMemory(static_cast<AllocationCall>(i))) continue;
    const analysis::CallTotals& call = statistics.calls()[i];
    sum.allocations += call.allocations;
    sum.bytes += call.bytes;
    sum.failures += call.failures;
    sum.deallocations += call.deallocations;
  }
  return sum;
}

}  // namespace

AllocationCounter::AllocationCounter(const analysis::ModuleMap& modules, StackLookup stack,
                                     std::uint32_t page_size_bytes, const TimeBins& bins,
                                     std::uint64_t peak_record)
    : modules_(modules),
      stack_(std::move(stack)),
      bins_(bins),
      peak_record_(peak_record),
      statistics_(no_modules_, page_size_bytes),
      by_time_({bins.begin_ns, bins.end_ns, AllocationHistory::kBins}),
      heap_bytes_(bins),
      mapped_bytes_(bins),
      allocations_(bins.count),
      deallocations_(bins.count) {}

std::uint64_t AllocationCounter::ChainOf(const AllocationRecord& record) {
  const std::uint64_t key =
      record.stack != 0 ? std::uint64_t{1} << 63 | record.stack : record.caller;
  const auto [entry, is_new] = known_[record.pid].try_emplace(key, 0);
  if (is_new) {
    std::vector<analysis::CodePlace> chain;
    if (record.stack != 0) {
      for (const std::uint64_t address : stack_(record.stack)) {
        chain.push_back(analysis::CallPlaceOf(modules_, record.pid, address));
      }
    }
    if (chain.empty()) chain.push_back(analysis::CallPlaceOf(modules_, record.pid, record.caller));
    entry->second = chains_.IdOf(std::move(chain)) + std::uint64_t{1};
  }
  return entry->second;
}

void AllocationCounter::Add(const AllocationRecord& record) {
  ++records_;
  AllocationRecord by_chain = record;
  const bool allocates = record.event == AllocationEvent::kAllocate && record.address != 0;
  if (allocates) by_chain.caller = ChainOf(record);
  statistics_.Add(by_chain);
  if (!analysis::MapsMemory(record.call)) {
    CountTemporary(record, allocates ? SiteKey(by_chain.caller, record.call) : 0);
  }
  if (allocates) {
    by_time_.Add(SiteKey(by_chain.caller, record.call), record.time_ns, record.size);
  }
  if (bins_.Holds(record.time_ns) && !analysis::MapsMemory(record.call)) {
    if (allocates) ++allocations_[bins_.Of(record.time_ns)];
    if (record.event == AllocationEvent::kDeallocate) ++deallocations_[bins_.Of(record.time_ns)];
  }
  SetLevels(record.time_ns);
  if (records_ == peak_record_) {
    for (const AllocationSite& site : statistics_.sites()) {
      at_peak_.push_back(analysis::MapsMemory(site.call) ? 0 : site.live_bytes);
    }
  }
}

void AllocationCounter::Add(const ProcessRecord& record) {
  statistics_.Add(record);
  if (record.event != ProcessEvent::kAttach) known_.erase(record.pid);
  SetLevels(record.time_ns);
}

void AllocationCounter::SetLevels(std::uint64_t time_ns) {
  heap_bytes_.Set(time_ns, statistics_.heap().live_bytes);
  mapped_bytes_.Set(time_ns, statistics_.mapped().live_bytes);
}

void AllocationCounter::CountTemporary(const AllocationRecord& record, std::uint64_t site) {
  LastBlock& last = last_block_[record.tid];
  if (site != 0) {
    last = {.address = record.address, .site = site, .pid = record.pid};
  } else if (record.event == AllocationEvent::kDeallocate && last.address == record.address &&
             last.pid == record.pid && last.site != 0) {
    ++temporary_[last.site];
    last.site = 0;
  }
}

// Stacks in order of their bytes; what is beyond the limit is one row.
AllocationCounter::RowOfSite AllocationCounter::AddSites(const analysis::CodeNames& names,
                                                         const GroupTable& groups,
                                                         FrameTable& frames,
                                                         AllocationHistory& history) const {
  const std::vector<AllocationSite>& sites = statistics_.sites();
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < sites.size(); ++i) {
    if (sites[i].allocations != 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return sites[a].bytes > sites[b].bytes;
  });
  RowOfSite row_of;
  for (const std::uint32_t i : order) {
    const AllocationSite& site = sites[i];
    const std::uint64_t key = SiteKey(site.caller, site.call);
    AllocatingStack row = RowOf(site);
    if (i < at_peak_.size()) row.at_peak_bytes = at_peak_[i];
    if (const auto count = temporary_.find(key); count != temporary_.end()) {
      row.temporary = count->second;
    }
    if (history.sites.size() == AllocationHistory::kMostSites) {
      AddTo(history.sites.back(), row);
    } else {
      const bool is_rest = history.sites.size() + 1 == AllocationHistory::kMostSites;
      if (is_rest) {
        row.call = AllocationCall::kUnknown;
        row.stack = history.stacks.IdOf({});
      } else {
        NameSite(site, names, groups, frames, history.stacks, row);
      }
      history.sites.push_back(row);
    }
    row_of[key] = static_cast<std::uint32_t>(history.sites.size() - 1);
  }
  return row_of;
}

void AllocationCounter::NameSite(const AllocationSite& site, const analysis::CodeNames& names,
                                 const GroupTable& groups, FrameTable& frames, StackTable& stacks,
                                 AllocatingStack& row) const {
  const auto chain = chains_.chain(static_cast<std::uint32_t>(site.caller - 1));
  std::vector<std::uint32_t> stack;
  for (std::size_t k = chain.size(); k-- > 0;) frames.AppendTo(stack, chain[k], names);
  row.stack = stacks.IdOf(std::move(stack));
  const auto type = analysis::MapsMemory(site.call) ? analysis::ObjectType::kMapping
                                                    : analysis::ObjectType::kHeap;
  row.group = groups.OfSite(type, site.call, names.SiteOf(chain));
}

AllocationHistory AllocationCounter::Finish(const analysis::CodeNames& names,
                                            const GroupTable& groups, FrameTable& frames) && {
  AllocationHistory history{.heap_bytes = std::move(heap_bytes_).Finish(),
                            .mapped_bytes = std::move(mapped_bytes_).Finish(),
                            .allocations = std::move(allocations_),
                            .deallocations = std::move(deallocations_),
                            .heap_calls = HeapCalls(statistics_),
                            .heap = statistics_.heap(),
                            .mapped_peak_bytes = statistics_.mapped().peak_live_bytes};
  const RowOfSite row_of = AddSites(names, groups, frames, history);
  for (const SiteBins::Count& count : by_time_.Counts()) {
    const bool folded = count.site == SiteBins::kOthers;
    history.by_time.push_back(
        {.site = folded ? -1 : static_cast<std::int32_t>(row_of.at(count.site)),
         .bin = count.bin,
         .allocations = count.allocations,
         .bytes = count.bytes});
  }
  JoinEqual(history.by_time);
  return history;
}

}  // namespace heimdallr::report
