#include "cli/profile_json.h"

#include <cmath>
#include <cstdint>

#include "analysis/data_source.h"
#include "analysis/names.h"

namespace heimdallr::cli {
namespace {

using analysis::AccessQuantities;
using analysis::CodeName;
using analysis::CodeRow;
using analysis::DataSource;
using analysis::ObjectRow;

std::int64_t Rounded(double value) { return std::llround(value); }

std::string_view NameOf(analysis::EstimateUnit unit) {
  return unit == analysis::EstimateUnit::kAccesses ? "accesses"
                                                   : "accesses_at_one_instruction_per_ns";
}

void AppendQuantities(const AccessQuantities& q, const ProfileFigures& figures, JsonWriter& json) {
  if (q.records() != 0) {
    json.Number("first_ns", q.first_ns);
    json.Number("last_ns", q.last_ns);
  }
  json.Number("records", q.records());
  json.Number("loads", q.loads);
  json.Number("stores", q.stores);
  json.Number("load_stores", q.load_stores);
  json.Double("estimated_loads", q.estimated_loads);
  json.Double("estimated_stores", q.estimated_stores);
  json.Double("access_share", Share(q.estimated(), figures.all.estimated()));
  json.Number("time_ns", Rounded(q.time_ns));
  json.Double("time_share", Share(q.time_ns, figures.time_ns));
  json.Number("threads", q.threads.size());
  json.Number("faults", q.faults);
  if (q.latency_records != 0) {
    json.Double("mean_latency_cycles",
                static_cast<double>(q.latency_cycles) / static_cast<double>(q.latency_records));
  }
  if (q.data_sources.empty()) return;
  json.BeginObject("data_sources");
  for (std::size_t i = 0; i < analysis::kDataSources; ++i) {
    const auto source = static_cast<DataSource>(i);
    if (const std::uint64_t count = q.data_sources.count(source)) {
      json.Number(analysis::Name(source), count);
    }
  }
  json.EndObject();
}

void AppendSite(const ObjectRow& row, JsonWriter& json) {
  if (!row.site) return;
  const CodeName& site = *row.site;
  json.BeginObject("site");
  json.String("function", site.function);
  json.String("file", site.file);
  json.Number("line", site.line);
  json.String("module", site.module);
  json.Address("offset", site.offset);
  json.Literal("call", analysis::Name(row.call));
  json.EndObject();
}

template <typename Key, typename Amount, typename Write>
void AppendAmounts(std::string_view key, std::string_view name,
                   const analysis::AmountsBy<Key, Amount>& amounts, JsonWriter& json, Write write) {
  json.BeginArray(key);
  for (const auto& [number, amount] : amounts.entries()) {
    json.BeginObject();
    json.Number(name, number);
    write(amount);
    json.EndObject();
  }
  json.EndArray();
}

void AppendNodes(const analysis::NodeFigures& nodes, JsonWriter& json) {
  if (!nodes.pages.empty()) {
    const double all = nodes.pages.sum();
    AppendAmounts("pages", "node", nodes.pages, json,
                  [&](double bytes) { json.Double("share", Share(bytes, all)); });
  }
  if (nodes.touching_cpus.empty()) return;
  const auto faults = [&](std::uint64_t count) { json.Number("faults", count); };
  json.BeginObject("first_touch");
  AppendAmounts("nodes", "node", nodes.touching_nodes, json, faults);
  AppendAmounts("cpus", "cpu", nodes.touching_cpus, json, faults);
  AppendAmounts("threads", "tid", nodes.touching_threads, json, faults);
  if (nodes.other_touches != 0) json.Number("other_threads", nodes.other_touches);
  json.EndObject();
}

void AppendObject(const ObjectRow& row, const ProfileFigures& figures, JsonWriter& json) {
  json.BeginObject();
  json.String("name", row.name);
  json.Literal("type", analysis::Name(row.type));
  if (!row.module.empty()) json.String("module", row.module);
  json.Bool("merged", row.merged);
  if (!row.merged) {
    json.Number("pid", row.pid);
    json.Address("address", row.address);
    json.Number("start_ns", row.start_ns);
    if (row.end_ns) json.Number("end_ns", *row.end_ns);
  }
  json.Number("size", row.mean_size());
  json.Number("count", row.count);
  json.Number("bytes", row.bytes);
  json.Number("mean_lifetime_ns", Rounded(row.mean_lifetime_ns));
  AppendQuantities(row.quantities, figures, json);
  json.Double("accesses_per_byte", row.accesses_per_byte());
  AppendNodes(row.nodes, json);
  AppendSite(row, json);
  json.EndObject();
}

void AppendCodeRow(const CodeRow& row, const ProfileFigures& figures, JsonWriter& json) {
  json.BeginObject();
  json.String("function", row.name.function);
  json.String("file", row.name.file);
  json.Number("line", row.name.line);
  json.String("module", row.name.module);
  json.Address("offset", row.name.offset);
  AppendQuantities(row.quantities, figures, json);
  json.EndObject();
}

void AppendHead(const std::string& path, std::string_view by, const ProfileFigures& figures,
                JsonWriter& json) {
  const AccessQuantities& all = figures.all;
  json.String("trace", path);
  json.Literal("by", by);
  json.Literal("unit", NameOf(figures.unit));
  json.BeginObject("totals");
  json.Number("records", all.records());
  json.Number("ticks", figures.ticks);
  json.Number("ticks_without_access", figures.ticks_without_access);
  json.Number("time_ns", Rounded(all.time_ns));
  json.Number("loads", all.loads);
  json.Number("stores", all.stores);
  json.Number("load_stores", all.load_stores);
  json.Double("estimated_loads", all.estimated_loads);
  json.Double("estimated_stores", all.estimated_stores);
  json.Number("faults", all.faults);
  json.EndObject();
}

void AppendUnmatched(const ProfileFigures& figures, JsonWriter& json) {
  const AccessQuantities sum = figures.AllUnmatched();
  json.BeginObject("unmatched");
  json.Number("records", sum.records());
  json.Double("share", Share(sum.estimated(), figures.all.estimated()));
  json.Double("time_share", Share(sum.time_ns, figures.time_ns));
  json.Number("faults", sum.faults);
  json.BeginObject("reasons");
  for (std::size_t i = 1; i < figures.unmatched.size(); ++i) {
    const std::uint64_t records = figures.unmatched[i].records();
    if (records != 0) json.Number(Name(static_cast<analysis::Unmatched>(i)), records);
  }
  json.EndObject();
  json.EndObject();
}

}  // namespace

void AppendObjects(const std::vector<ObjectRow>& rows, const ProfileFigures& figures,
                   std::string_view key, JsonWriter& json) {
  json.BeginArray(key);
  for (const ObjectRow& row : rows) AppendObject(row, figures, json);
  json.EndArray();
}

void AppendCode(const std::vector<CodeRow>& rows, const ProfileFigures& figures,
                std::string_view key, JsonWriter& json) {
  json.BeginArray(key);
  for (const CodeRow& row : rows) AppendCodeRow(row, figures, json);
  json.EndArray();
}

void AppendObjectsJson(const std::string& path, std::string_view by,
                       const std::vector<ObjectRow>& rows, const ProfileFigures& figures,
                       fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.BeginObject();
  AppendHead(path, by, figures, json);
  AppendUnmatched(figures, json);
  AppendObjects(rows, figures, "objects", json);
  json.EndObject();
  out.push_back('\n');
}

void AppendCodeJson(const std::string& path, std::string_view by, const std::vector<CodeRow>& rows,
                    const ProfileFigures& figures, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.BeginObject();
  AppendHead(path, by, figures, json);
  AppendCode(rows, figures, "code", json);
  json.EndObject();
  out.push_back('\n');
}

}  // namespace heimdallr::cli
