#include "cli/list_command.h"

#include <unistd.h>

#include <array>
#include <ctime>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "analysis/names.h"
#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/csv_writer.h"
#include "cli/file_state.h"
#include "cli/json_writer.h"
#include "cli/load_recordings.h"
#include "cli/output.h"
#include "cli/plain_text.h"
#include "cli/record_json.h"
#include "cli/run_statistics.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using store::Content;
using store::Figures;
using store::Repetition;

constexpr const char* kName = "trace-dump list";
constexpr const char* kDescription =
    R"(Lists the recordings in databases, folders and trace files: run, repetition, what
was run, and what there is of it.)";
constexpr const char* kExamples = R"(
Examples:
  trace-dump list runs.sqlite
  trace-dump list --json sweep/ | jq -r 'select(.records.access > 0) | .run')";

// Types of records as `print` calls them, in the order of Record.
constexpr std::array<std::string_view, std::variant_size_v<Record>> kTypes{
    "access", "fault", "allocation", "mapping", "process",
    "thread", "loss",  "statistics", "period",  "placement"};

std::string State(const Repetition& repetition) {
  if (!repetition.end.ok()) return "damaged";
  if (repetition.extent.cut) return "cut";
  return repetition.extent.finished ? "whole" : "no end";
}

std::string_view KeptOf(const Repetition& repetition) {
  return repetition.content == Content::kWhole ? "records" : "statistics";
}

std::string TimeOf(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / 1'000'000'000);
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "-";
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &utc);
  return {text.data(), length};
}

std::string EndOf(const Figures& figures) {
  if (!figures.process) return "-";
  if (figures.process->exit_signal != 0) {
    return fmt::format("signal {}", figures.process->exit_signal);
  }
  return fmt::format("{}", figures.process->exit_code);
}

std::string CommandOf(const TraceHeader& header) {
  constexpr std::size_t kLongest = 60;
  std::string text;
  for (const std::string& word : header.command_line) {
    text += (text.empty() ? "" : " ") + base::Printable(word.substr(0, kLongest + 1));
    if (text.size() > kLongest) return text.substr(0, kLongest) + "...";
  }
  return text;
}

void AppendText(const std::vector<Repetition>& all, fmt::memory_buffer& out) {
  using enum Align;
  TextTable table(
      {kLeft, kRight, kLeft, kRight, kLeft, kRight, kRight, kRight, kRight, kLeft, kLeft, kLeft});
  table.AddRow({"run", "rep.", "recorded (UTC)", "wall", "exit", "accesses", "faults",
                "allocations", "lost", "trace", "kept", "command"});
  for (const Repetition& r : all) {
    const Figures& f = r.figures;
    table.AddRow({base::Printable(r.name.run), std::to_string(r.name.number),
                  TimeOf(r.header.start_realtime_ns),
                  f.process ? Duration(f.process->wall_ns) : "-", EndOf(f),
                  Grouped(f.count<AccessRecord>()), Grouped(f.count<FaultRecord>()),
                  Grouped(f.count<AllocationRecord>()), Grouped(LostRecords(f)), State(r),
                  std::string(KeptOf(r)), CommandOf(r.header)});
  }
  table.AppendTo(out, 0);
}

void AppendRecords(const Figures& figures, JsonWriter& json) {
  json.BeginObject("records");
  for (std::size_t i = 0; i < kTypes.size(); ++i) json.Number(kTypes[i], figures.records[i]);
  json.Number("all", figures.all_records());
  json.EndObject();
  json.BeginArray("losses");
  for (const analysis::LossTotal& loss : figures.losses) {
    json.BeginObject();
    json.Literal("kind", analysis::Name(loss.kind));
    json.Number("stream", loss.stream);
    json.Number("count", loss.count);
    json.EndObject();
  }
  json.EndArray();
}

void AppendJson(const Repetition& r, fmt::memory_buffer& out) {
  JsonWriter json(out);
  json.BeginObject();
  json.String("run", r.name.run);
  json.String("workload", r.name.workload);
  json.String("mode", r.name.mode);
  json.Number("repetition", r.name.number);
  json.String("path", r.name.path);
  json.Literal("kept", KeptOf(r));
  json.Literal("state", State(r));
  if (const auto defect = DefectOf(r.name.path, r.end, r.extent)) json.String("defect", *defect);
  json.BeginArray("command_line");
  for (const std::string& word : r.header.command_line) json.StringElement(word);
  json.EndArray();
  json.String("host", r.header.host);
  json.Number("pid", r.header.pid);
  json.Number("start_realtime_ns", r.header.start_realtime_ns);
  json.Bool("dry_run", r.header.dry_run);
  json.Number("end_ns", r.figures.end_ns);
  json.Number("file_bytes", r.extent.file_bytes);
  AppendRecords(r.figures, json);
  if (r.figures.process) {
    json.BeginObject("process");
    AppendStatistics(*r.figures.process, json);
    json.EndObject();
  }
  json.EndObject();
  out.push_back('\n');
}

void AppendCsv(const std::vector<Repetition>& all, fmt::memory_buffer& out) {
  CsvWriter csv(out);
  for (const char* head :
       {"run", "workload", "mode", "repetition", "kept", "state", "command", "host", "pid",
        "start_realtime_ns", "dry_run", "wall_ns", "user_ns", "system_ns", "max_rss_bytes",
        "exit_code", "exit_signal", "lost_records"}) {
    csv.Text(head);
  }
  for (const std::string_view type : kTypes) csv.Text(fmt::format("{}_records", type));
  csv.EndRow();
  for (const Repetition& r : all) {
    csv.Text(r.name.run);
    csv.Text(r.name.workload);
    csv.Text(r.name.mode);
    csv.Number(r.name.number);
    csv.Text(KeptOf(r));
    csv.Text(State(r));
    std::string command;
    for (const std::string& word : r.header.command_line) {
      command += (command.empty() ? "" : " ") + word;
    }
    csv.Text(command);
    csv.Text(r.header.host);
    csv.Number(r.header.pid);
    csv.Number(r.header.start_realtime_ns);
    csv.Number(r.header.dry_run ? 1 : 0);
    if (const auto& p = r.figures.process) {
      for (const std::uint64_t figure : {p->wall_ns, p->user_ns, p->system_ns, p->max_rss_bytes}) {
        csv.Number(figure);
      }
      csv.Number(p->exit_code);
      csv.Number(p->exit_signal);
    } else {
      for (int i = 0; i < 6; ++i) csv.Empty();
    }
    csv.Number(LostRecords(r.figures));
    for (const std::uint64_t count : r.figures.records) csv.Number(count);
    csv.EndRow();
  }
}

}  // namespace

int ListCommand(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  bool as_json = false;
  bool as_csv = false;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump list [options] DATABASE|FOLDER|FILE...");
  app.footer(kExamples);
  app.add_option("FILE", paths, "Databases, traces, and folders with traces")->required();
  CLI::Option* const json = app.add_flag("--json", as_json, "One JSON object a recording and line");
  app.add_flag("--csv", as_csv, "Comma-separated values")->excludes(json);
  if (const auto status = ParseArguments(app, arguments)) return *status;
  const LoadedRecordings loaded = LoadRecordings(paths);
  Output output(STDOUT_FILENO);
  if (as_json) {
    for (const Repetition& repetition : loaded.repetitions) {
      AppendJson(repetition, output.buffer());
    }
  } else if (as_csv) {
    AppendCsv(loaded.repetitions, output.buffer());
  } else if (!loaded.repetitions.empty()) {
    AppendText(loaded.repetitions, output.buffer());
  }
  output.Flush();
  if (!output.status().ok()) {
    PrintError(std::string(base::Message(output.status())));
    return kFailure;
  }
  return ReportDefects(loaded);
}

}  // namespace heimdallr::cli
