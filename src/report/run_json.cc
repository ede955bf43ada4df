#include "report/run_json.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

#include "analysis/data_source.h"
#include "analysis/names.h"
#include "analysis/object_statistics.h"
#include "report/gzip.h"
#include "report/run_tables.h"

namespace heimdallr::report {
namespace {

using analysis::AccessQuantities;

void AppendHeader(const TraceHeader& header, JsonText& json) {
  json.BeginObject("header");
  json.Member("host", header.host);
  json.Member("kernel", header.kernel);
  json.Member("processor", header.processor);
  json.Member("cpus", header.online_cpus);
  json.Member("page_size", header.page_size_bytes);
  json.Member("start_realtime_ns", std::to_string(header.start_realtime_ns));
  json.Column("command_line", header.command_line);
  json.Member("working_directory", header.working_directory);
  json.Column("environment", header.environment);
  json.Member("tool_version", header.tool_version);
  json.Member("allocations", header.allocations);
  json.Member("dry_run", header.dry_run);
  json.Member("stack_depth", header.stack_depth);
  json.Member("origin", analysis::Name(header.origin));
  json.EndObject();
  json.BeginArray("streams");
  for (const StreamInfo& stream : header.streams) {
    json.BeginObject();
    json.Member("id", stream.id);
    json.Member("source", analysis::Name(stream.source));
    json.Member("name", stream.name);
    json.Member("event", stream.event);
    json.Member("period", stream.period);
    json.Member("frequency_hz", stream.frequency_hz);
    json.Member("precise_level", stream.precise_level);
    json.Member("minimum_latency_cycles", stream.minimum_latency_cycles);
    json.EndObject();
  }
  json.EndArray();
}

void AppendFilters(const ReportFilter& filter, JsonText& json) {
  json.BeginObject("filters");
  if (filter.time_ns) {
    json.Column("time", std::vector<std::uint64_t>{filter.time_ns->begin, filter.time_ns->end});
  } else {
    json.Null("time");
  }
  if (filter.address) {
    json.Column("address", std::vector<std::string>{AddressText(filter.address->begin),
                                                    AddressText(filter.address->end)});
  } else {
    json.Null("address");
  }
  std::string objects;
  for (const std::string& text : filter.objects) objects += (objects.empty() ? "" : ", ") + text;
  if (filter.objects.empty()) {
    json.Null("objects");
  } else {
    json.Member("objects", objects);
  }
  json.EndObject();
}

void AppendTotals(const RunPlan& plan, const RunPicture& picture, JsonText& json) {
  const AccessQuantities& all = plan.survey->totals();
  const AllocationHistory& allocations = *picture.allocations;
  std::uint64_t objects = 0;
  for (const ReportGroup& group : plan.groups->groups()) objects += group.row.count;
  json.BeginObject("totals");
  json.Member("accesses", all.records());
  json.Member("loads", all.loads);
  json.Member("stores", all.stores);
  json.Member("load_stores", all.load_stores);
  json.Member("unknown", all.unknown);
  json.Member("faults", all.faults);
  json.Member("estimated_loads", all.estimated_loads);
  json.Member("estimated_stores", all.estimated_stores);
  json.Member("time_ns",
              analysis::SampledTimeNs(all.time_ns, plan.ticks, plan.ticks_without_access));
  json.Member("ticks", plan.ticks);
  json.Member("ticks_without_access", plan.ticks_without_access);
  json.Member("latency_records", all.latency_records);
  json.Member("latency_cycles", all.latency_cycles);
  json.Member("allocations", allocations.heap_calls.allocations);
  json.Member("allocated_bytes", allocations.heap_calls.bytes);
  json.Member("deallocations", allocations.heap_calls.deallocations);
  json.Member("peak_live_bytes", allocations.heap.peak_live_bytes);
  json.Member("peak_time_ns", allocations.heap.peak_time_ns);
  json.Member("never_freed_blocks", allocations.heap.never_freed_blocks());
  json.Member("never_freed_bytes", allocations.heap.never_freed_bytes());
  json.Member("mapped_peak_bytes", allocations.mapped_peak_bytes);
  json.Member("objects", objects);
  json.Member("records", plan.ledger.records());
  json.EndObject();
}

void AppendUnmatched(const RunPlan& plan, JsonText& json) {
  json.BeginArray("unmatched");
  for (std::size_t i = 0; i < analysis::kUnmatchedReasons; ++i) {
    const auto reason = static_cast<analysis::Unmatched>(i);
    const AccessQuantities& q = plan.survey->unmatched(reason);
    if (q.records() == 0) continue;
    json.BeginObject();
    json.Member("reason", analysis::Name(reason));
    json.Member("records", q.records());
    json.Member("loads", q.loads);
    json.Member("stores", q.stores);
    json.Member("load_stores", q.load_stores);
    json.Member("unknown", q.unknown);
    json.EndObject();
  }
  json.EndArray();
}

// The meaning of a loss follows its count; what is counted must be said where it begins otherwise.
std::string LossText(LossKind kind) {
  std::string text(analysis::Meaning(kind));
  switch (analysis::EffectOf(kind)) {
    case analysis::LossEffect::kNoAddress:
      return "ticks " + text;
    case analysis::LossEffect::kFewer:
      return "replayed accesses " + text;
    case analysis::LossEffect::kMissing:
    case analysis::LossEffect::kWaited:
      break;
  }
  return text.starts_with("of ") ? "losses " + text : text;
}

void AppendLosses(const RunPlan& plan, JsonText& json) {
  json.BeginArray("losses");
  for (const analysis::LossTotal& loss : plan.ledger.losses().totals()) {
    json.BeginObject();
    json.Member("kind", analysis::Name(loss.kind));
    json.Member("stream", loss.stream);
    json.Member("count", loss.count);
    json.Member("duration_ns", loss.duration_ns);
    json.Member("missing", analysis::EffectOf(loss.kind) == analysis::LossEffect::kMissing);
    json.Member("text", LossText(loss.kind));
    json.EndObject();
  }
  json.EndArray();
}

void AppendRunCosts(const RunPlan& plan, JsonText& json) {
  const analysis::ProcessInfo* const first = plan.ledger.processes().table().First(plan.header.pid);
  if (first != nullptr && first->statistics) {
    const StatisticsRecord& s = *first->statistics;
    json.BeginObject("statistics");
    json.Member("wall_ns", s.wall_ns);
    json.Member("user_ns", s.user_ns);
    json.Member("system_ns", s.system_ns);
    json.Member("max_rss_bytes", s.max_rss_bytes);
    json.Member("minor_faults", s.minor_faults);
    json.Member("major_faults", s.major_faults);
    json.Member("exit_code", s.exit_code);
    json.Member("exit_signal", s.exit_signal);
    json.EndObject();
  } else {
    json.Null("statistics");
  }
  if (plan.recorder) {
    json.BeginObject("recorder");
    json.Member("user_ns", plan.recorder->user_ns);
    json.Member("system_ns", plan.recorder->system_ns);
    json.Member("wall_ns", plan.recorder->wall_ns);
    json.Member("ticks", plan.recorder->ticks);
    json.Member("channel_events", plan.recorder->channel_events);
    json.EndObject();
  } else {
    json.Null("recorder");
  }
}

void AppendAxis(const RunPlan& plan, JsonText& json) {
  const std::vector<AxisPiece>& pieces = plan.axis->pieces();
  json.BeginObject("axis");
  json.Member("unit_bytes", plan.axis->unit_bytes());
  json.Member("length", AddressAxis::kLength);
  json.BeginObject("pieces");
  json.Column("process", pieces, [](const AxisPiece& piece) { return piece.process; });
  json.Column("address", pieces, [](const AxisPiece& piece) { return AddressText(piece.address); });
  json.Column("size", pieces, [](const AxisPiece& piece) { return piece.size; });
  json.Column("start", pieces, [](const AxisPiece& piece) { return piece.start; });
  json.Column("label", plan.piece_labels);
  json.EndObject();
  json.EndObject();
}

void AppendSeries(const RunPicture& picture, JsonText& json) {
  const Series& series = picture.series();
  const AllocationHistory& allocations = *picture.allocations;
  json.BeginObject("series");
  json.Member("bins", series.bins.count);
  json.Column("heap_bytes", allocations.heap_bytes);
  json.Column("mapped_bytes", allocations.mapped_bytes);
  json.Column("allocations", allocations.allocations);
  json.Column("deallocations", allocations.deallocations);
  json.Column("loads", series.loads);
  json.Column("stores", series.stores);
  json.Column("unknown", series.unknown);
  json.Column("faults", series.faults);
  json.Column("lost", series.lost);
  json.Column("ticks_without_access", series.ticks_without_access);
  json.EndObject();
}

std::string PackedTiles(const std::vector<std::uint32_t>& counts) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(counts.size() * 4);
  for (const std::uint32_t count : counts) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<std::uint8_t>(count >> shift & 0xff));
    }
  }
  return Base64(Gzip(bytes));
}

void AppendBins(std::string_view key, const SparseBins& bins, JsonText& json) {
  const std::vector<SparseBins::Count> counts = bins.Counts();
  json.BeginObject(key);
  json.Member("bins", kTableBins);
  json.Column("index", counts, [](const auto& count) { return count.row; });
  json.Column("bin", counts, [](const auto& count) { return count.bin; });
  const auto column = [&](std::string_view name, AccessKind kind) {
    json.Column(name, counts, [kind](const auto& count) {
      return count.accesses[static_cast<std::size_t>(kind)];
    });
  };
  column("loads", AccessKind::kLoad);
  column("stores", AccessKind::kStore);
  column("load_stores", AccessKind::kLoadStore);
  column("unknown", AccessKind::kUnknown);
  json.EndObject();
}

void AppendPictures(const RunPlan& plan, const RunPicture& picture, JsonText& json) {
  json.BeginObject("tiles");
  json.Member("columns", kTileColumns);
  json.Member("rows", kTileRows);
  json.Member("loads", PackedTiles(picture.tiles().loads));
  json.Member("stores", PackedTiles(picture.tiles().stores));
  if (!picture.tiles().unknown.empty()) {
    json.Member("unknown", PackedTiles(picture.tiles().unknown));
  }
  json.EndObject();
  if (!picture.complete()) {
    AppendBins("object_bins", picture.group_bins(), json);
    AppendBins("code_bins", picture.code_bins(), json);
  }
  const ChunkStore& samples = picture.chosen();
  json.BeginObject("samples");
  json.Member("complete", picture.complete());
  json.Member("count", samples.count());
  json.Member("total", plan.accesses());
  json.Member("sampling", picture.fraction());
  json.Member("weight", picture.weight());
  json.BeginObject("chunks");
  json.Column("count", samples.chunks(), [](const ChunkInfo& chunk) { return chunk.count; });
  json.Column("first_ns", samples.chunks(), [](const ChunkInfo& chunk) { return chunk.first_ns; });
  json.Column("time_unit_ns", samples.chunks(),
              [](const ChunkInfo& chunk) { return chunk.time_unit_ns; });
  json.EndObject();
  json.Column("planes", plan.planes.names());
  if (plan.estimate_scale) {
    json.Member("estimate_scale", *plan.estimate_scale);
  } else {
    json.Null("estimate_scale");
  }
  json.Member("time_scale", plan.time_scale);
  json.EndObject();
}

}  // namespace

void AppendRun(RunPlan& plan, const RunPicture& picture, JsonText& json) {
  json.BeginObject();
  json.Member("name", plan.name);
  AppendHeader(plan.header, json);
  const TimeBins shown = plan.Bins(1);
  json.Member("begin_ns", shown.begin_ns);
  json.Member("end_ns", shown.end_ns);
  AppendFilters(plan.asked, json);
  if (plan.defect) {
    json.Member("defect", *plan.defect);
  } else {
    json.Null("defect");
  }
  json.Member("estimate_unit", plan.unit == analysis::EstimateUnit::kAccesses
                                   ? "accesses"
                                   : "accesses_per_ns_of_code");
  AppendTotals(plan, picture, json);
  AppendUnmatched(plan, json);
  AppendLosses(plan, json);
  AppendRunCosts(plan, json);
  AppendAxis(plan, json);
  AppendTables(plan, picture, json);
  AppendSeries(picture, json);
  AppendPictures(plan, picture, json);
  // Last, when all of them are known.
  json.Column("strings", plan.strings.strings());
  json.EndObject();
}

}  // namespace heimdallr::report
