#include "cli/summary_json.h"

#include <string>

#include "analysis/names.h"
#include "cli/json_writer.h"
#include "cli/profile_json.h"
#include "cli/record_json.h"

namespace heimdallr::cli {
namespace {

using analysis::AllocationSite;
using analysis::MemoryTotals;
using analysis::Name;
using analysis::ProcessInfo;
using analysis::StreamStatistics;

constexpr std::size_t kProcessesShown = 10;
constexpr std::size_t kSitesShown = 10;

void AppendStrings(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.BeginArray(key);
  for (const std::string& value : values) json.StringElement(value);
  json.EndArray();
}

void AppendHeader(const TraceSummary& summary, JsonWriter& json) {
  const TraceHeader& h = summary.header;
  json.BeginObject("recording");
  AppendStrings(json, "command_line", h.command_line);
  json.String("working_directory", h.working_directory);
  AppendStrings(json, "environment", h.environment);
  json.String("host", h.host);
  json.String("kernel", h.kernel);
  json.String("processor", h.processor);
  json.Number("online_cpus", h.online_cpus);
  json.Number("page_size_bytes", h.page_size_bytes);
  json.Number("start_realtime_ns", h.start_realtime_ns);
  json.String("tool_version", h.tool_version);
  json.Number("pid", h.pid);
  json.Bool("allocations_recorded", h.allocations);
  json.Bool("dry_run", h.dry_run);
  json.String("origin", analysis::Name(h.origin));
  json.EndObject();
}

void AppendFile(const TraceSummary& summary, JsonWriter& json) {
  const TraceExtent& e = summary.extent;
  json.Bool("whole", !summary.defect);
  if (summary.defect) json.String("defect", *summary.defect);
  json.Number("file_bytes", e.file_bytes);
  json.Number("good_bytes", e.good_bytes);
  json.Number("records", e.records);
  json.Number("late_records", e.late_records);
  json.Number("unknown_chunks", e.unknown_chunks);
}

void AppendProcess(const ProcessInfo& process, JsonWriter& json) {
  json.BeginObject();
  json.Number("pid", process.pid);
  if (process.parent_pid != 0) json.Number("parent_pid", process.parent_pid);
  if (!process.command.empty()) json.String("command", process.command);
  if (!process.executable.empty()) json.String("executable", process.executable);
  json.Number("threads", process.threads);
  json.Number("accesses", process.accesses);
  json.Number("allocations", process.allocations);
  json.Number("allocated_bytes", process.allocated_bytes);
  if (process.statistics) {
    AppendStatistics(*process.statistics, json);
  }
  json.EndObject();
}

// The first process, then the most expensive of the others.
void AppendProcesses(const TraceSummary& summary, JsonWriter& json) {
  json.Number("process_count", summary.statistics->processes().processes().size());
  json.BeginArray("processes");
  if (const ProcessInfo* first = summary.statistics->processes().First(summary.header.pid)) {
    AppendProcess(*first, json);
  }
  for (const ProcessInfo* process : OtherProcesses(summary, kProcessesShown)) {
    AppendProcess(*process, json);
  }
  json.EndArray();
}

void AppendStream(const StreamInfo& info, const StreamStatistics& s, JsonWriter& json) {
  json.BeginObject();
  json.String("stream", info.name);
  json.Literal("source", Name(info.source));
  json.String("event", info.event);
  json.Number("period", info.period);
  if (info.frequency_hz != 0) json.Number("frequency_hz", info.frequency_hz);
  if (info.source == SourceKind::kFaults) {
    json.Number("faults", s.faults);
  } else {
    json.Number("accesses", s.accesses());
    json.Number("loads", s.accesses(AccessKind::kLoad));
    json.Number("stores", s.accesses(AccessKind::kStore));
    json.Number("load_stores", s.accesses(AccessKind::kLoadStore));
    json.Number("direct", s.direct_accesses());
    json.Number("replayed", s.accesses() - s.direct_accesses());
    json.Number("ticks_with_access", s.ticks_with_access);
  }
  if (s.latency_records != 0) {
    json.Number("latency_records", s.latency_records);
    json.Number("latency_cycles", s.latency_cycles);
  }
  json.EndObject();
}

void AppendSite(const TraceSummary& summary, const AllocationSite& site, JsonWriter& json) {
  json.BeginObject();
  json.Literal("call", Name(site.call));
  if (site.caller != 0) json.Address("caller", site.caller);
  if (site.location.module != 0) {
    const analysis::Module& module = summary.statistics->modules().module(site.location.module);
    json.String("module", module.path);
    if (!module.build_id.empty()) json.HexBytes("build_id", module.build_id);
    json.Address("module_offset", site.location.offset);
  }
  if (const auto name = NameOf(summary, site)) {
    json.String("function", name->function);
    json.String("file", name->file);
    json.Number("line", name->line);
  }
  json.Number("allocations", site.allocations);
  json.Number("bytes", site.bytes);
  json.Number("peak_live_bytes", site.peak_live_bytes);
  if (!analysis::MapsMemory(site.call)) {
    json.Number("live_blocks_at_end", site.never_freed_blocks());
  }
  json.Number("live_bytes_at_end", site.never_freed_bytes());
  json.EndObject();
}

void AppendMemory(const TraceSummary& summary, SiteMemory memory, JsonWriter& json) {
  const analysis::AllocationStatistics& a = summary.statistics->allocations();
  const bool heap = memory == SiteMemory::kHeap;
  const MemoryTotals& totals = heap ? a.heap() : a.mapped();
  json.BeginObject(heap ? "heap" : "mapped");
  json.BeginObject("calls");
  for (std::size_t i = 0; i < a.calls().size(); ++i) {
    const auto call = static_cast<AllocationCall>(i);
    const analysis::CallTotals& t = a.calls()[i];
    if (analysis::MapsMemory(call) == heap) continue;
    if (t.allocations + t.deallocations + t.failures == 0) continue;
    json.BeginObject(Name(call));
    json.Number("allocations", t.allocations);
    json.Number("bytes", t.bytes);
    json.Number("deallocations", t.deallocations);
    json.Number("failures", t.failures);
    json.EndObject();
  }
  json.EndObject();
  json.Number("peak_live_bytes", totals.peak_live_bytes);
  json.Number("peak_time_ns", totals.peak_time_ns);
  if (heap) json.Number("live_blocks_at_end", totals.never_freed_blocks());
  json.Number("live_bytes_at_end", totals.never_freed_bytes());
  json.Number("site_count", SiteCount(summary, memory));
  json.BeginArray("sites");
  for (const AllocationSite* site : TopSites(summary, memory, kSitesShown)) {
    AppendSite(summary, *site, json);
  }
  json.EndArray();
  json.EndObject();
}

void AppendAllocations(const TraceSummary& summary, JsonWriter& json) {
  const analysis::AllocationOddities& odd = summary.statistics->allocations().oddities();
  json.BeginObject("allocations");
  AppendMemory(summary, SiteMemory::kHeap, json);
  AppendMemory(summary, SiteMemory::kMapped, json);
  json.Number("unknown_frees", odd.unknown_frees);
  json.Number("inherited_frees", odd.inherited_frees);
  json.Number("missed_frees", odd.missed_frees);
  json.EndObject();
}

void AppendMemories(const TraceSummary& summary, JsonWriter& json) {
  json.BeginArray("memories");
  for (const MemoryInfo& memory : summary.header.memories) {
    const analysis::ServedAmount& served = summary.statistics->served().Of(memory.id);
    json.BeginObject();
    json.Number("memory", memory.id);
    json.String("name", memory.name);
    json.BeginArray("nodes");
    for (const std::uint32_t node : memory.nodes) json.NumberElement(node);
    json.EndArray();
    json.Number("allocations", served.blocks);
    json.Number("bytes", served.bytes);
    json.EndObject();
  }
  json.EndArray();
}

void AppendLosses(const TraceSummary& summary, JsonWriter& json) {
  json.BeginArray("losses");
  for (const analysis::LossTotal& loss : summary.statistics->losses().totals()) {
    json.BeginObject();
    json.Literal("kind", Name(loss.kind));
    for (const StreamInfo& stream : summary.header.streams) {
      if (stream.id == loss.stream) json.String("stream", stream.name);
    }
    json.Number("count", loss.count);
    if (loss.duration_ns != 0) json.Number("duration_ns", loss.duration_ns);
    json.EndObject();
  }
  json.EndArray();
  json.Bool("anything_missing", summary.statistics->losses().anything_missing());
}

}  // namespace

void AppendSummaryJson(const TraceSummary& summary, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.BeginObject();
  json.Literal("type", "summary");
  json.String("file", summary.path);
  AppendFile(summary, json);
  AppendHeader(summary, json);
  AppendProcesses(summary, json);
  json.BeginArray("streams");
  for (const StreamInfo& info : summary.header.streams) {
    AppendStream(info, summary.statistics->accesses().stream(info.id), json);
  }
  json.EndArray();
  if (summary.tops) {
    AppendObjects(summary.tops->objects, summary.tops->figures, "top_objects", json);
    AppendCode(summary.tops->code, summary.tops->figures, "top_code", json);
  }
  AppendMemories(summary, json);
  AppendAllocations(summary, json);
  AppendLosses(summary, json);
  if (summary.recorder) {
    json.BeginObject("recorder");
    json.Number("user_ns", summary.recorder->user_ns);
    json.Number("system_ns", summary.recorder->system_ns);
    json.Number("wall_ns", summary.recorder->wall_ns);
    json.Number("ticks", summary.recorder->ticks);
    json.Number("channel_events", summary.recorder->channel_events);
    json.EndObject();
  }
  json.EndObject();
  out.push_back('\n');
}

}  // namespace heimdallr::cli
