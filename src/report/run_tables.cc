#include "report/run_tables.h"

#include <algorithm>
#include <vector>

#include "analysis/data_source.h"
#include "analysis/names.h"
#include "analysis/object_statistics.h"

namespace heimdallr::report {
namespace {

using analysis::AccessQuantities;

// Counts of each row that several tables have; `of(row)` are its quantities.
template <typename Rows, typename Of>
void AppendCounts(const Rows& rows, JsonText& json, Of&& of) {
  json.Column("loads", rows, [&](const auto& row) { return of(row).loads; });
  json.Column("stores", rows, [&](const auto& row) { return of(row).stores; });
  json.Column("load_stores", rows, [&](const auto& row) { return of(row).load_stores; });
  json.Column("unknown", rows, [&](const auto& row) { return of(row).unknown; });
  json.Column("faults", rows, [&](const auto& row) { return of(row).faults; });
  json.Column("latency_records", rows, [&](const auto& row) { return of(row).latency_records; });
  json.Column("latency_cycles", rows, [&](const auto& row) { return of(row).latency_cycles; });
}

template <typename Rows, typename Of>
void AppendEstimates(const Rows& rows, JsonText& json, Of&& of) {
  json.Column("estimated_loads", rows, [&](const auto& row) { return of(row).estimated_loads; });
  json.Column("estimated_stores", rows, [&](const auto& row) { return of(row).estimated_stores; });
  json.Column("time_ns", rows, [&](const auto& row) { return of(row).time_ns; });
}

// -1 for what was never accessed.
template <typename Rows, typename Of>
void AppendTimes(const Rows& rows, JsonText& json, Of&& of) {
  const auto time = [](const AccessQuantities& q, std::uint64_t ns) {
    return q.records() == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(ns);
  };
  json.Column("first_ns", rows, [&](const auto& row) { return time(of(row), of(row).first_ns); });
  json.Column("last_ns", rows, [&](const auto& row) { return time(of(row), of(row).last_ns); });
}

void AppendProcesses(RunPlan& plan, JsonText& json) {
  const auto& processes = plan.ledger.processes().table().processes();
  json.BeginObject("processes");
  json.Column("pid", processes, [](const auto& process) { return process.pid; });
  json.Column("parent", processes, [](const auto& process) { return process.parent_pid; });
  json.Column("command", processes,
              [&](const auto& process) { return plan.strings.IdOf(process.command); });
  json.Column("start", processes, [](const auto& process) { return process.start_ns; });
  json.Column("threads", processes, [](const auto& process) { return process.threads; });
  json.Column("end", processes, [](const auto& process) {
    return process.exit_ns ? static_cast<std::int64_t>(*process.exit_ns) : std::int64_t{-1};
  });
  json.EndObject();
}

void AppendThreads(RunPlan& plan, JsonText& json) {
  const auto& processes = plan.ledger.processes().table().processes();
  const auto& threads = plan.ledger.threads().threads();
  json.BeginObject("threads");
  json.Column("process", threads, [](const auto& thread) { return thread.process; });
  json.Column("tid", threads, [](const auto& thread) { return thread.tid; });
  json.Column("name", threads, [&](const ThreadIndex::Thread& thread) {
    std::string name = plan.ledger.threads().NameOf(thread);
    if (name.empty() && thread.tid == processes[thread.process].pid) {
      name = processes[thread.process].command;
    }
    return plan.strings.IdOf(name);
  });
  json.EndObject();
}

// Rows of counts by data source, those of all accesses last; `sources` of a group is its row.
void AppendGroups(RunPlan& plan, JsonText& json) {
  const std::vector<ReportGroup>& groups = plan.groups->groups();
  const auto of = [](const ReportGroup& group) -> const AccessQuantities& {
    return group.row.quantities;
  };
  StringTable& strings = plan.strings;
  json.BeginObject("groups");
  json.Column("name", groups, [&](const auto& group) { return strings.IdOf(group.row.name); });
  json.Column("type", groups,
              [&](const auto& group) { return strings.IdOf(analysis::Name(group.row.type)); });
  json.Column("call", groups, [&](const auto& group) {
    const bool known = group.row.call != AllocationCall::kUnknown;
    return strings.IdOf(known ? analysis::Name(group.row.call) : std::string_view());
  });
  json.Column("site", groups, [&](const auto& group) {
    return strings.IdOf(group.row.site ? group.row.site->Text() : std::string());
  });
  json.Column("key", groups, [&](const auto& group) { return strings.IdOf(group.key); });
  json.Column("count", groups, [](const auto& group) { return group.row.count; });
  json.Column("bytes", groups, [](const auto& group) { return group.row.bytes; });
  json.Column("mean_lifetime_ns", groups,
              [](const auto& group) { return group.row.mean_lifetime_ns; });
  AppendCounts(groups, json, of);
  AppendEstimates(groups, json, of);
  AppendTimes(groups, json, of);
  json.Column("threads", groups,
              [](const auto& group) { return group.row.quantities.threads.size(); });
  json.Column("folded_objects", groups, [](const auto& group) { return group.folded_objects; });
  json.Column("folded_records", groups, [](const auto& group) { return group.folded_records; });
  std::int64_t row = 0;
  json.Column("sources", groups, [&](const auto& group) {
    return group.row.quantities.data_sources.empty() ? std::int64_t{-1} : row++;
  });
  json.EndObject();

  const auto append_counts = [&](const analysis::DataSourceCounts& counts) {
    json.BeginArray();
    for (std::size_t i = 0; i < analysis::kDataSources; ++i) {
      json.Element(counts.count(static_cast<analysis::DataSource>(i)));
    }
    json.EndArray();
  };
  json.BeginArray("source_names");
  for (std::size_t i = 0; i < analysis::kDataSources; ++i) {
    json.Element(analysis::Name(static_cast<analysis::DataSource>(i)));
  }
  json.EndArray();
  json.BeginArray("source_counts");
  for (const ReportGroup& group : groups) {
    if (!group.row.quantities.data_sources.empty())
      append_counts(group.row.quantities.data_sources);
  }
  append_counts(plan.survey->totals().data_sources);
  json.EndArray();
  json.Member("sources_total", row);
}

void AppendObjects(const RunPlan& plan, const RunPicture& picture, JsonText& json) {
  const std::vector<ShownObject>& objects = plan.objects;
  const auto of = [&](const ShownObject& object) -> const AccessQuantities& {
    return picture.objects()[static_cast<std::size_t>(&object - objects.data())];
  };
  json.BeginObject("objects");
  json.Column("group", objects, [&](const auto& object) { return plan.groups->Of(object.group); });
  json.Column("process", objects, [](const auto& object) { return object.process; });
  json.Column("address", objects, [](const auto& object) { return AddressText(object.address); });
  json.Column("size", objects, [](const auto& object) { return object.size; });
  json.Column("start", objects, [](const auto& object) { return object.start_ns; });
  json.Column("end", objects, [](const auto& object) {
    return object.ended ? static_cast<std::int64_t>(object.end_ns) : std::int64_t{-1};
  });
  json.Column("number", objects, [](const auto& object) { return object.number; });
  AppendCounts(objects, json, of);
  AppendTimes(objects, json, of);
  json.EndObject();
}

void AppendCode(const RunPlan& plan, JsonText& json) {
  const auto of = [](const CodeRow& row) -> const AccessQuantities& { return row.quantities; };
  json.BeginObject("code");
  json.Column("stack", plan.code, [](const CodeRow& row) { return row.stack; });
  json.Column("module", plan.code, [](const CodeRow& row) { return row.module; });
  AppendCounts(plan.code, json, of);
  AppendEstimates(plan.code, json, of);
  json.Column("place", plan.code, [](const CodeRow& row) { return row.place; });
  json.EndObject();
}

void AppendStacks(std::string_view key, const StackTable& stacks, JsonText& json) {
  json.BeginArray(key);
  for (const std::vector<std::uint32_t>& stack : stacks.stacks()) {
    json.BeginArray();
    for (const std::uint32_t frame : stack) json.Element(frame);
    json.EndArray();
  }
  json.EndArray();
}

void AppendFrames(const RunPlan& plan, const RunPicture& picture, JsonText& json) {
  const std::vector<FrameTable::Frame>& frames = plan.frames.frames();
  json.BeginObject("frames");
  json.Column("function", frames, [](const auto& frame) { return frame.function; });
  json.Column("file", frames, [](const auto& frame) { return frame.file; });
  json.Column("line", frames, [](const auto& frame) { return frame.line; });
  json.EndObject();
  AppendStacks("code_stacks", plan.code_stacks, json);
  AppendStacks("allocation_stacks", picture.allocations->stacks, json);
}

void AppendAllocations(RunPlan& plan, const RunPicture& picture, JsonText& json) {
  const std::vector<AllocatingStack>& sites = picture.allocations->sites;
  json.BeginObject("allocation_sites");
  json.Column("stack", sites, [](const auto& site) { return site.stack; });
  json.Column("call", sites,
              [&](const auto& site) { return plan.strings.IdOf(analysis::Name(site.call)); });
  json.Column("group", sites, [](const auto& site) { return site.group; });
  json.Column("allocations", sites, [](const auto& site) { return site.allocations; });
  json.Column("bytes", sites, [](const auto& site) { return site.bytes; });
  json.Column("live_bytes", sites, [](const auto& site) { return site.live_bytes; });
  json.Column("live_blocks", sites, [](const auto& site) { return site.live_blocks; });
  json.Column("peak_bytes", sites, [](const auto& site) { return site.peak_bytes; });
  json.Column("at_peak_bytes", sites, [](const auto& site) { return site.at_peak_bytes; });
  json.Column("temporary", sites, [](const auto& site) { return site.temporary; });
  json.EndObject();
  const std::vector<AllocationBin>& bins = picture.allocations->by_time;
  json.BeginObject("allocation_bins");
  json.Member("bins", AllocationHistory::kBins);
  json.Column("site", bins, [](const auto& bin) { return bin.site; });
  json.Column("bin", bins, [](const auto& bin) { return bin.bin; });
  json.Column("allocations", bins, [](const auto& bin) { return bin.allocations; });
  json.Column("bytes", bins, [](const auto& bin) { return bin.bytes; });
  json.EndObject();
}

void AppendEvents(RunPlan& plan, const RunPicture& picture, JsonText& json) {
  const std::vector<PeriodRecord>& periods = plan.ledger.periods();
  json.BeginObject("periods");
  json.Column("stream", periods, [](const auto& period) { return period.stream; });
  json.Column("time", periods, [](const auto& period) { return period.time_ns; });
  json.Column("period", periods, [](const auto& period) { return period.period; });
  json.Column("sample_cost_ns", periods, [](const auto& period) { return period.sample_cost_ns; });
  json.Column("overhead", periods, [](const auto& period) { return period.overhead; });
  json.EndObject();
  const std::vector<LossRecord> stalls = plan.ledger.Stalls();
  json.BeginObject("stalls");
  json.Column("time", stalls, [](const auto& loss) { return loss.time_ns; });
  json.Column("kind", stalls,
              [&](const auto& loss) { return plan.strings.IdOf(analysis::Name(loss.kind)); });
  json.Column("count", stalls, [](const auto& loss) { return loss.count; });
  json.Column("duration_ns", stalls, [](const auto& loss) { return loss.duration_ns; });
  json.EndObject();
  const std::vector<FaultPoint>& faults = picture.faults();
  json.BeginObject("faults");
  json.Column("time", faults, [](const auto& fault) { return fault.time_ns; });
  json.Column("y", faults, [](const auto& fault) { return fault.y; });
  json.Column("object", faults, [](const auto& fault) { return fault.object; });
  json.Column("thread", faults, [](const auto& fault) { return fault.thread; });
  json.EndObject();
  json.Member("fault_total", plan.survey->totals().faults);
}

void AppendLatency(const AccessSurvey& survey, JsonText& json) {
  json.BeginObject("latency");
  const bool any = survey.ranges().most_latency_cycles != 0;
  const std::size_t count = any ? kLatencyBounds.size() : 0;
  json.Column("bins",
              std::vector<std::uint32_t>(kLatencyBounds.begin(), kLatencyBounds.begin() + count));
  const auto counts = [count](const LatencyHistogram::Counts& all) {
    return std::vector<std::uint64_t>(all.begin(), all.begin() + count);
  };
  json.Column("loads", counts(survey.latency().loads));
  json.Column("stores", counts(survey.latency().stores));
  json.Column("unknown", counts(survey.latency().unknown));
  json.EndObject();
}

// Cells of groups that are one row are added up.
void AppendThreadGroups(const RunPlan& plan, JsonText& json) {
  struct Row {
    std::uint64_t key = 0;  // thread << 32 | row of the group
    ThreadGroupCell cell;
  };
  std::vector<Row> rows;
  for (const auto& [key, cell] : plan.survey->thread_groups()) {
    const std::int32_t group = plan.groups->Of(static_cast<std::uint32_t>(key));
    if (group < 0) continue;
    rows.push_back({(key >> 32 << 32) | static_cast<std::uint32_t>(group), cell});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
  std::vector<Row> merged;
  for (const Row& row : rows) {
    if (merged.empty() || merged.back().key != row.key) {
      merged.push_back(row);
      continue;
    }
    ThreadGroupCell& cell = merged.back().cell;
    cell.loads += row.cell.loads;
    cell.stores += row.cell.stores;
    cell.unknown += row.cell.unknown;
    cell.latency_cycles += row.cell.latency_cycles;
    cell.latency_records += row.cell.latency_records;
    cell.remote += row.cell.remote;
  }
  json.BeginObject("thread_groups");
  json.Column("thread", merged, [](const Row& row) { return row.key >> 32; });
  json.Column("group", merged, [](const Row& row) { return static_cast<std::uint32_t>(row.key); });
  json.Column("loads", merged, [](const Row& row) { return row.cell.loads; });
  json.Column("stores", merged, [](const Row& row) { return row.cell.stores; });
  json.Column("unknown", merged, [](const Row& row) { return row.cell.unknown; });
  json.Column("latency_cycles", merged, [](const Row& row) { return row.cell.latency_cycles; });
  json.Column("latency_records", merged, [](const Row& row) { return row.cell.latency_records; });
  json.Column("remote", merged, [](const Row& row) { return row.cell.remote; });
  json.EndObject();
}

}  // namespace

void AppendTables(RunPlan& plan, const RunPicture& picture, JsonText& json) {
  AppendProcesses(plan, json);
  AppendThreads(plan, json);
  AppendGroups(plan, json);
  AppendObjects(plan, picture, json);
  AppendCode(plan, json);
  AppendFrames(plan, picture, json);
  AppendAllocations(plan, picture, json);
  AppendEvents(plan, picture, json);
  AppendLatency(*plan.survey, json);
  AppendThreadGroups(plan, json);
}

}  // namespace heimdallr::report
