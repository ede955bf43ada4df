#include "cli/trace_summary.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "analysis/names.h"
#include "cli/file_state.h"
#include "cli/trace_profile.h"

namespace heimdallr::cli {
namespace {

constexpr std::size_t kTopRows = 5;

bool IsOf(const analysis::AllocationSite& site, SiteMemory memory) {
  return analysis::MapsMemory(site.call) == (memory == SiteMemory::kMapped);
}

}  // namespace

absl::StatusOr<TraceSummary> SummariseTrace(const std::string& path,
                                            const RecordingChoice& choice) {
  auto opened = OpenStream(path, choice);
  if (!opened.ok()) return opened.status();
  TraceSummary summary{.path = RecordingTitle(path, choice), .source = *std::move(opened)};
  analysis::RecordSource& source = *summary.source;
  summary.header = source.header();
  summary.statistics = std::make_unique<analysis::TraceStatistics>(summary.header);
  std::optional<analysis::AccessProfile> profile;
  // Names that come after the records would be too late for objects.
  if (HasAccesses(summary.header) && IsRegularFile(path)) MakeProfile(source, profile);
  auto record = source.Next();
  for (; record.ok() && *record != nullptr; record = source.Next()) {
    summary.statistics->Add(**record);
    if (profile) profile->Add(**record);
  }
  if (profile) {
    profile->Finish();
    summary.tops = TopsOf(*profile, source.symbols(), kTopRows);
  }
  summary.extent = source.extent();
  summary.recorder = source.recorder_statistics();
  summary.defect = DefectOf(summary.path, record.status(), summary.extent);
  return summary;
}

std::vector<const analysis::ProcessInfo*> OtherProcesses(const TraceSummary& summary,
                                                         std::size_t limit) {
  const analysis::ProcessTable& table = summary.statistics->processes();
  const analysis::ProcessInfo* first = table.First(summary.header.pid);
  std::vector<const analysis::ProcessInfo*> others;
  for (const analysis::ProcessInfo& process : table.processes()) {
    if (&process != first) others.push_back(&process);
  }
  const auto kept = others.begin() + static_cast<std::ptrdiff_t>(std::min(limit, others.size()));
  // Ties by what they allocated, then in the order they started.
  std::partial_sort(others.begin(), kept, others.end(), [](const auto* a, const auto* b) {
    return std::tuple(b->cpu_ns(), b->allocated_bytes, a->start_ns, a->pid) <
           std::tuple(a->cpu_ns(), a->allocated_bytes, b->start_ns, b->pid);
  });
  others.erase(kept, others.end());
  return others;
}

std::vector<const analysis::AllocationSite*> TopSites(const TraceSummary& summary,
                                                      SiteMemory memory, std::size_t limit) {
  std::vector<const analysis::AllocationSite*> sites;
  for (const analysis::AllocationSite& site : summary.statistics->allocations().sites()) {
    if (IsOf(site, memory)) sites.push_back(&site);
  }
  const auto kept = sites.begin() + static_cast<std::ptrdiff_t>(std::min(limit, sites.size()));
  std::partial_sort(sites.begin(), kept, sites.end(), [](const auto* a, const auto* b) {
    return std::tuple(b->bytes, b->allocations, a->caller) <
           std::tuple(a->bytes, a->allocations, b->caller);
  });
  sites.erase(kept, sites.end());
  return sites;
}

std::optional<analysis::CodeName> NameOf(const TraceSummary& summary,
                                         const analysis::AllocationSite& site) {
  if (site.caller == 0 || site.location.module == 0) return std::nullopt;
  // A site is where the call returns to; the byte before belongs to the call.
  const std::uint64_t offset = site.location.offset;
  const analysis::CodePlace call{site.location.module, 0, offset == 0 ? 0 : offset - 1};
  const analysis::CodeNames names(summary.source->symbols(), summary.statistics->modules());
  return names.SiteOf({&call, 1});
}

std::size_t SiteCount(const TraceSummary& summary, SiteMemory memory) {
  const auto& sites = summary.statistics->allocations().sites();
  return static_cast<std::size_t>(std::count_if(
      sites.begin(), sites.end(), [memory](const auto& site) { return IsOf(site, memory); }));
}

}  // namespace heimdallr::cli
