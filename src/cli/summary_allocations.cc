#include <cstdint>
#include <string>
#include <string_view>

#include "analysis/code_names.h"
#include "analysis/names.h"
#include "base/printable.h"
#include "cli/append.h"
#include "cli/plain_text.h"
#include "cli/summary_text.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using analysis::AllocationSite;
using analysis::AllocationStatistics;
using analysis::CallTotals;
using analysis::MemoryTotals;

constexpr std::size_t kHeapSitesShown = 10;
constexpr std::size_t kMappedSitesShown = 5;

std::string Exact(std::uint64_t bytes) {
  if (bytes < 1024) return Bytes(bytes);
  return fmt::format("{} ({} bytes)", Bytes(bytes), Grouped(bytes));
}

// Empty for nothing: most calls either allocate or free.
std::string CountCell(std::uint64_t count) { return count == 0 ? "" : Grouped(count); }

CallTotals SumOf(const AllocationStatistics& allocations, SiteMemory memory) {
  CallTotals sum;
  for (std::size_t i = 0; i < allocations.calls().size(); ++i) {
    if (analysis::MapsMemory(static_cast<AllocationCall>(i)) != (memory == SiteMemory::kMapped))
      continue;
    const CallTotals& call = allocations.calls()[i];
    sum.allocations += call.allocations;
    sum.bytes += call.bytes;
    sum.failures += call.failures;
    sum.deallocations += call.deallocations;
  }
  return sum;
}

void AppendCalls(const AllocationStatistics& allocations, SiteMemory memory,
                 fmt::memory_buffer& out) {
  using enum Align;
  TextTable table({kLeft, kRight, kRight, kRight, kRight});
  table.AddRow({"call", "allocations", "bytes asked for", "frees", "failed"});
  for (std::size_t i = 0; i < allocations.calls().size(); ++i) {
    const auto call = static_cast<AllocationCall>(i);
    if (analysis::MapsMemory(call) != (memory == SiteMemory::kMapped)) continue;
    const CallTotals& t = allocations.calls()[i];
    if (t.allocations + t.deallocations + t.failures == 0) continue;
    table.AddRow({std::string(analysis::Name(call)), CountCell(t.allocations),
                  t.allocations == 0 ? "" : Bytes(t.bytes), CountCell(t.deallocations),
                  CountCell(t.failures)});
  }
  table.AppendTo(out, 2);
}

std::string Where(const TraceSummary& summary, const AllocationSite& site) {
  if (site.caller == 0) return "(caller not known)";
  const auto name = NameOf(summary, site);
  return name ? base::Printable(name->Text()) : fmt::format("{:#x}", site.caller);
}

void AppendSites(const TraceSummary& summary, SiteMemory memory, std::size_t limit,
                 fmt::memory_buffer& out) {
  const auto sites = TopSites(summary, memory, limit);
  if (sites.empty()) return;
  const std::size_t all = SiteCount(summary, memory);
  const std::string_view kind = memory == SiteMemory::kHeap ? "allocation" : "mapping";
  const std::string which = all > sites.size()
                                ? fmt::format("The {} of {} {} sites with the most bytes",
                                              sites.size(), Grouped(all), kind)
                                : fmt::format("{} sites, most bytes first", kind);
  Append(out, "\n  {}{}\n", static_cast<char>(std::toupper(which[0])), which.substr(1));
  const auto total = static_cast<double>(SumOf(summary.statistics->allocations(), memory).bytes);
  using enum Align;
  TextTable table({kRight, kRight, kRight, kRight, kRight, kLeft, kLeft});
  table.AddRow({"bytes", "of all", "calls", "peak live", "live at end", "call", "site"});
  for (const AllocationSite* site : sites) {
    table.AddRow({Bytes(site->bytes), Percent(static_cast<double>(site->bytes), total),
                  Grouped(site->allocations), Bytes(site->peak_live_bytes),
                  Bytes(site->never_freed_bytes()), std::string(analysis::Name(site->call)),
                  Where(summary, *site)});
  }
  table.AppendTo(out, 2);
}

void AppendOddities(const analysis::AllocationOddities& odd, fmt::memory_buffer& out) {
  if (odd.inherited_frees != 0) {
    Append(out, "  {} by a child process of a block its parent had allocated\n",
           Count(odd.inherited_frees, "free", "frees"));
  }
  if (odd.unknown_frees != 0) {
    Append(out, "  {} of a block whose allocation is not in the trace\n",
           Count(odd.unknown_frees, "free", "frees"));
  }
  if (odd.missed_frees != 0) {
    Append(out, "  {} handed out again before a free was seen: a few events are missing\n",
           Count(odd.missed_frees, "block was", "blocks were"));
  }
}

void AppendMemory(const MemoryTotals& t, SiteMemory memory, fmt::memory_buffer& out) {
  Append(out, "  Most live at one time: {}, at {}\n", Exact(t.peak_live_bytes),
         Duration(t.peak_time_ns));
  if (memory == SiteMemory::kHeap) {
    Append(out, "  Live at the end:       {} in {}, not freed when their process ended\n",
           Exact(t.never_freed_bytes()), Count(t.never_freed_blocks(), "block", "blocks"));
  } else {
    Append(out, "  Mapped at the end:     {}, not unmapped when their process ended\n",
           Exact(t.never_freed_bytes()));
  }
}

void AppendPart(const TraceSummary& summary, SiteMemory memory, fmt::memory_buffer& out) {
  const AllocationStatistics& allocations = summary.statistics->allocations();
  const bool heap = memory == SiteMemory::kHeap;
  AppendCalls(allocations, memory, out);
  AppendMemory(heap ? allocations.heap() : allocations.mapped(), memory, out);
  if (heap) AppendOddities(allocations.oddities(), out);
  AppendSites(summary, memory, heap ? kHeapSitesShown : kMappedSitesShown, out);
}

}  // namespace

void AppendAllocationText(const TraceSummary& summary, fmt::memory_buffer& out) {
  const AllocationStatistics& allocations = summary.statistics->allocations();
  const CallTotals heap = SumOf(allocations, SiteMemory::kHeap);
  const CallTotals mapped = SumOf(allocations, SiteMemory::kMapped);
  if (!summary.header.allocations && heap.allocations + mapped.allocations == 0) {
    Append(out, "\nALLOCATIONS not recorded\n");
    return;
  }
  Append(out, "\nALLOCATIONS {} of heap blocks, {} freed; {} in all\n", Grouped(heap.allocations),
         Grouped(heap.deallocations), Exact(heap.bytes));
  if (heap.allocations + heap.deallocations + heap.failures != 0) {
    AppendPart(summary, SiteMemory::kHeap, out);
  }
  if (mapped.allocations + mapped.deallocations + mapped.failures != 0) {
    Append(out,
           "\nMAPPINGS    memory the program itself asked the kernel for (mmap, brk), {} times\n",
           Grouped(mapped.allocations));
    AppendPart(summary, SiteMemory::kMapped, out);
  }
}

}  // namespace heimdallr::cli
