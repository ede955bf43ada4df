#include "cli/stat_format.h"

#include <cmath>
#include <string>
#include <utility>

#include "base/printable.h"
#include "cli/append.h"
#include "cli/csv_writer.h"
#include "cli/json_writer.h"
#include "cli/plain_text.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using enum Align;

std::uint64_t Whole(double value) {
  return value > 0 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

std::string Time(double ns) { return Duration(Whole(ns)); }
std::string Interval(const std::optional<double>& half) {
  return half ? "+- " + Time(*half) : std::string();
}
std::string TimeOrNone(const std::optional<double>& ns) { return ns ? Time(*ns) : std::string(); }

std::string Overhead(const std::optional<Excess>& excess) {
  if (!excess) return "";
  std::string ratio = fmt::format("{:+.1f} %", excess->ratio * 100);
  if (!excess->half_interval) return ratio;
  return fmt::format("{} +- {:.1f}", ratio, *excess->half_interval * 100);
}

void AddTimeRow(TextTable& table, std::string run, std::string_view what, const SampleStatistics& s,
                std::string overhead) {
  if (s.count == 0) {
    table.AddRow({std::move(run), std::string(what), "-"});
    return;
  }
  table.AddRow({std::move(run), std::string(what), Time(s.mean), Interval(s.half_interval),
                TimeOrNone(s.deviation), Time(s.minimum), Time(s.maximum), std::move(overhead)});
}

void AppendTimes(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out) {
  TextTable table({kLeft, kLeft, kRight, kLeft, kRight, kRight, kRight, kLeft});
  table.AddRow({"run", "time", "mean", "95 %", "deviation", "min", "max", "overhead"});
  for (const RunStatistics& run : runs) {
    AddTimeRow(table, base::Printable(run.run), "wall", run.wall, Overhead(run.wall_overhead));
    AddTimeRow(table, "", "user", run.user, "");
    AddTimeRow(table, "", "system", run.system, "");
    AddTimeRow(table, "", "CPU", run.cpu, Overhead(run.cpu_overhead));
  }
  table.AppendTo(out, 0);
}

std::string Rates(const RunStatistics& run) {
  std::string text;
  for (const SamplingRate& rate : run.rates) {
    if (!text.empty()) text += ", ";
    const std::string reached =
        rate.reached_hz ? fmt::format("{:.0f} Hz", *rate.reached_hz) : std::string("-");
    text += rate.asked_hz > 0 ? fmt::format("{} of {:.0f}", reached, rate.asked_hz) : reached;
  }
  return text;
}

std::string BaseText(const RunStatistics& run) {
  return base::Printable(*run.base) + (run.base_has_other_memory ? " (of other memory)" : "");
}

void AppendCounts(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out) {
  TextTable table({kLeft, kRight, kRight, kRight, kRight, kRight, kRight, kLeft, kRight, kLeft});
  table.AddRow({"run", "repetitions", "failed", "samples", "accesses", "allocation events", "lost",
                "samples a CPU second", "peak memory", "compared with"});
  for (const RunStatistics& run : runs) {
    const bool any = run.wall.count != 0;
    const auto mean = [any](const SampleStatistics& s) {
      return any ? Grouped(Whole(s.mean)) : std::string("-");
    };
    std::string failed = Grouped(run.failed);
    if (run.unknown != 0) failed += fmt::format(" + {} without end", run.unknown);
    table.AddRow({base::Printable(run.run), Grouped(run.repetitions), failed, mean(run.samples),
                  mean(run.accesses), mean(run.allocations), mean(run.lost), Rates(run),
                  any ? Bytes(run.peak_rss_bytes) : "-", run.base ? BaseText(run) : std::string()});
  }
  table.AppendTo(out, 0);
}

// Of the runs for which memory was asked for.
void AppendMemories(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out) {
  TextTable table({kLeft, kLeft, kRight});
  table.AddRow({"run", "memory", "fell back"});
  bool any = false;
  for (const RunStatistics& run : runs) {
    if (run.memory.empty()) continue;
    any = true;
    const bool counted = run.fell_back && run.fell_back->count != 0;
    table.AddRow({base::Printable(run.run), base::Printable(run.memory),
                  counted ? Grouped(Whole(run.fell_back->mean)) : ""});
  }
  if (!any) return;
  out.push_back('\n');
  table.AppendTo(out, 0);
}

void AppendSample(std::string_view key, const SampleStatistics& s, JsonWriter& json) {
  json.BeginObject(key);
  json.Number("count", s.count);
  if (s.count != 0) {
    json.Double("mean", s.mean);
    json.Double("min", s.minimum);
    json.Double("max", s.maximum);
  }
  if (s.deviation) json.Double("deviation", *s.deviation);
  if (s.half_interval) {
    json.Double("low95", s.mean - *s.half_interval);
    json.Double("high95", s.mean + *s.half_interval);
  }
  json.EndObject();
}

void AppendExcess(std::string_view key, const std::optional<Excess>& excess, JsonWriter& json) {
  if (!excess) return;
  json.BeginObject(key);
  json.Double("ratio", excess->ratio);
  if (excess->half_interval) {
    json.Double("low95", excess->ratio - *excess->half_interval);
    json.Double("high95", excess->ratio + *excess->half_interval);
  }
  json.EndObject();
}

void AppendRunJson(const RunStatistics& run, JsonWriter& json) {
  json.BeginObject();
  json.String("run", run.run);
  json.String("workload", run.workload);
  json.String("mode", run.mode);
  json.Bool("dry_run", run.dry);
  json.BeginArray("command_line");
  for (const std::string& word : run.command_line) json.StringElement(word);
  json.EndArray();
  json.Number("repetitions", run.repetitions);
  json.Number("failed", run.failed);
  json.Number("without_end", run.unknown);
  AppendSample("wall_ns", run.wall, json);
  AppendSample("user_ns", run.user, json);
  AppendSample("system_ns", run.system, json);
  AppendSample("cpu_ns", run.cpu, json);
  if (run.base) json.String("compared_with", *run.base);
  AppendExcess("wall_overhead", run.wall_overhead, json);
  AppendExcess("cpu_overhead", run.cpu_overhead, json);
  AppendSample("samples", run.samples, json);
  AppendSample("accesses", run.accesses, json);
  AppendSample("allocations", run.allocations, json);
  AppendSample("lost_records", run.lost, json);
  if (!run.memory.empty()) json.String("memory", run.memory);
  if (run.fell_back) AppendSample("fell_back", *run.fell_back, json);
  json.Number("peak_rss_bytes", run.peak_rss_bytes);
  json.BeginArray("rates");
  for (const SamplingRate& rate : run.rates) {
    json.BeginObject();
    json.String("stream", rate.stream);
    if (rate.asked_hz > 0) json.Double("asked_hz", rate.asked_hz);
    if (rate.reached_hz) json.Double("reached_hz", *rate.reached_hz);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void AppendSampleHeads(const std::string& name, CsvWriter& csv) {
  for (const char* figure : {"mean", "deviation", "min", "max", "low95", "high95"}) {
    csv.Text(name + "_" + figure);
  }
}

void AppendSample(const SampleStatistics& s, CsvWriter& csv) {
  if (s.count == 0) {
    for (int i = 0; i < 6; ++i) csv.Empty();
    return;
  }
  csv.Double(s.mean);
  csv.Optional(s.deviation);
  csv.Double(s.minimum);
  csv.Double(s.maximum);
  csv.Optional(s.half_interval ? std::optional(s.mean - *s.half_interval) : std::nullopt);
  csv.Optional(s.half_interval ? std::optional(s.mean + *s.half_interval) : std::nullopt);
}

void AppendExcess(const std::optional<Excess>& excess, CsvWriter& csv) {
  const bool interval = excess && excess->half_interval;
  csv.Optional(excess ? std::optional(excess->ratio) : std::nullopt);
  csv.Optional(interval ? std::optional(excess->ratio - *excess->half_interval) : std::nullopt);
  csv.Optional(interval ? std::optional(excess->ratio + *excess->half_interval) : std::nullopt);
}

void AppendMean(const SampleStatistics& s, CsvWriter& csv) {
  csv.Optional(s.count != 0 ? std::optional(s.mean) : std::nullopt);
}

}  // namespace

void AppendRunsText(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out) {
  AppendTimes(runs, out);
  out.push_back('\n');
  AppendCounts(runs, out);
  AppendMemories(runs, out);
  Append(out, "\nSamples, accesses, allocations, lost and fell back are means of a repetition.\n");
}

void AppendRunsJson(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out) {
  JsonWriter json(out);
  for (const RunStatistics& run : runs) {
    AppendRunJson(run, json);
    out.push_back('\n');
  }
}

void AppendRunsCsv(const std::vector<RunStatistics>& runs, fmt::memory_buffer& out) {
  CsvWriter csv(out);
  for (const char* head :
       {"run", "workload", "mode", "dry_run", "repetitions", "failed", "without_end"}) {
    csv.Text(head);
  }
  for (const char* time : {"wall_ns", "user_ns", "system_ns", "cpu_ns"}) {
    AppendSampleHeads(time, csv);
  }
  for (const char* head :
       {"compared_with", "wall_overhead", "wall_overhead_low95", "wall_overhead_high95",
        "cpu_overhead", "cpu_overhead_low95", "cpu_overhead_high95", "samples", "accesses",
        "allocations", "lost_records", "asked_hz", "reached_hz", "peak_rss_bytes", "memory",
        "fell_back"}) {
    csv.Text(head);
  }
  csv.EndRow();
  for (const RunStatistics& run : runs) {
    csv.Text(run.run);
    csv.Text(run.workload);
    csv.Text(run.mode);
    csv.Number(run.dry ? 1 : 0);
    csv.Number(run.repetitions);
    csv.Number(run.failed);
    csv.Number(run.unknown);
    for (const SampleStatistics* time : {&run.wall, &run.user, &run.system, &run.cpu}) {
      AppendSample(*time, csv);
    }
    csv.Text(run.base.value_or(""));
    AppendExcess(run.wall_overhead, csv);
    AppendExcess(run.cpu_overhead, csv);
    for (const SampleStatistics* count :
         {&run.samples, &run.accesses, &run.allocations, &run.lost}) {
      AppendMean(*count, csv);
    }
    // Of the first stream of samples: there is seldom another.
    const SamplingRate rate = run.rates.empty() ? SamplingRate{} : run.rates.front();
    csv.Optional(rate.asked_hz > 0 ? std::optional(rate.asked_hz) : std::nullopt);
    csv.Optional(rate.reached_hz);
    csv.Number(run.peak_rss_bytes);
    csv.Text(run.memory);
    AppendMean(run.fell_back.value_or(SampleStatistics{}), csv);
    csv.EndRow();
  }
}

}  // namespace heimdallr::cli
