#include "cli/export_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/export_inputs.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/plain_text.h"
#include "cli/record_filter.h"
#include "cli/remove_on_signal.h"
#include "export/byte_sink.h"
#include "export/flame_formats.h"
#include "export/parquet_dataset.h"
#include "export/parquet_rows.h"
#include "export/perf_script.h"
#include "export/perfetto_format.h"
#include "export/pprof_format.h"
#include "export/tables.h"
#include "export/text_rows.h"

namespace heimdallr::cli {
namespace {

using exports::ByteSink;
using exports::Exported;
using exports::FlameValue;
using exports::Table;

constexpr const char* kName = "trace-dump export";
constexpr const char* kDescription = "Writes a recording in the format of another tool.";
constexpr const char* kExamples = R"(
  pprof        profile.proto, gzip'ed: allocated, never freed, loads, stores, time, latency
  collapsed    lines "frame;frame;frame COUNT" for flame graphs, of the --value asked for
  speedscope   JSON for speedscope, a profile for each value
  perfetto     counters of heap and accesses over time, and what stacks never freed
  csv, jsonl   one line a row of the table --what names; addresses are texts 0x..., as JSON
               numbers above 2^53 are not read exactly everywhere
  perf-script  text as perf script prints it, for tools that read that
  parquet      the same rows as a folder run=RUN/rank=RANK/part-*.parquet, of any number of
               recordings; name the folder with -o
Examples:
  trace-dump export --format pprof -o solver.pb.gz solver.4711.htrace
  go tool pprof -sample_index=inuse_space -top solver.pb.gz
  trace-dump export --format collapsed --value live FILE | flamegraph.pl > live.svg
  trace-dump export --format parquet -o dataset/ sweep/
  duckdb -c "SELECT object_name, count(*) FROM 'dataset/**/*.parquet' GROUP BY 1")";

enum class Format : std::uint8_t {
  kPprof,
  kCollapsed,
  kSpeedscope,
  kPerfetto,
  kCsv,
  kJsonLines,
  kPerfScript,
  kParquet,
};
constexpr std::pair<std::string_view, Format> kFormats[] = {{"pprof", Format::kPprof},
                                                            {"collapsed", Format::kCollapsed},
                                                            {"speedscope", Format::kSpeedscope},
                                                            {"perfetto", Format::kPerfetto},
                                                            {"csv", Format::kCsv},
                                                            {"jsonl", Format::kJsonLines},
                                                            {"perf-script", Format::kPerfScript},
                                                            {"parquet", Format::kParquet}};

struct ExportOptions {
  std::vector<std::string> paths;
  std::string format;
  std::string output;
  std::optional<std::string> run;
  std::string time;
  std::string address;
  std::string what;
  std::string value;
  bool accesses = false;
  exports::Selection selection;
  // Of the options above.
  Format kind = Format::kPprof;
  Table table = Table::kAccesses;
  FlameValue flame = FlameValue::kBytes;

  [[nodiscard]] bool is_table() const {
    return kind == Format::kCsv || kind == Format::kJsonLines || kind == Format::kParquet;
  }
  [[nodiscard]] bool is_binary() const {
    return kind == Format::kPprof || kind == Format::kPerfetto;
  }
  [[nodiscard]] bool to_standard_output() const { return output.empty() || output == "-"; }
};

std::string FormatNames() {
  std::string names;
  for (const auto& [name, format] : kFormats) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  return names;
}

// What is wrong with the ranges, if anything.
std::optional<std::string> SetSelection(ExportOptions& options) {
  if (!options.time.empty()) {
    const auto range = ParseTimeRange(options.time);
    if (!range) {
      return fmt::format("--time: '{}' is no range of seconds such as 1.5:2 or 3:", options.time);
    }
    options.selection.time_ns = {range->begin, range->end};
  }
  if (!options.address.empty()) {
    const auto range = ParseAddressRange(options.address);
    if (!range) {
      return fmt::format("--address: '{}' is no range such as 0x1000:0x2000", options.address);
    }
    options.selection.address = {range->begin, range->end};
  }
  return std::nullopt;
}

// What is wrong with the options of single formats, if anything.
std::optional<std::string> SetContent(ExportOptions& options) {
  if (!options.what.empty()) {
    const auto table = exports::ParseTable(options.what);
    if (!table) {
      return fmt::format("--what: '{}' is none of {}", options.what, exports::TableNames());
    }
    if (!options.is_table()) return "--what is for csv, jsonl and parquet alone";
    options.table = *table;
  }
  if (!options.value.empty()) {
    const auto value = exports::ParseFlameValue(options.value);
    if (!value) {
      return fmt::format("--value: '{}' is none of {}", options.value, exports::FlameValueNames());
    }
    if (options.kind != Format::kCollapsed) return "--value is for collapsed alone";
    options.flame = *value;
  }
  if (options.accesses && options.kind != Format::kPerfetto) {
    return "--accesses is for perfetto alone";
  }
  return std::nullopt;
}

std::optional<std::string> SetOutput(const ExportOptions& options) {
  if (options.kind == Format::kParquet) {
    if (options.to_standard_output()) return "parquet makes files: name their folder with -o";
    return std::nullopt;
  }
  if (options.is_binary() && options.to_standard_output() && isatty(STDOUT_FILENO) != 0) {
    return fmt::format("{} is no text for a terminal: name a file with -o", options.format);
  }
  return std::nullopt;
}

std::optional<std::string> Complete(ExportOptions& options) {
  const auto* const format =
      std::find_if(std::begin(kFormats), std::end(kFormats),
                   [&](const auto& known) { return known.first == options.format; });
  if (format == std::end(kFormats)) {
    return fmt::format("--format: '{}' is none of {}", options.format, FormatNames());
  }
  options.kind = format->second;
  for (const auto check : {SetSelection, SetContent}) {
    if (auto wrong = check(options)) return wrong;
  }
  return SetOutput(options);
}

std::string TitleOf(const TraceHeader& header) {
  return fmt::format("{}", fmt::join(header.command_line, " "));
}

exports::MakeRows TextRows(const ExportOptions& options, ByteSink& sink) {
  const auto columns = ColumnsOf(options.table);
  return
      [&options, &sink, columns](
          const exports::CellTexts& texts) -> absl::StatusOr<std::unique_ptr<exports::RowWriter>> {
        if (options.kind == Format::kCsv) {
          return std::make_unique<exports::CsvRows>(columns, texts, sink);
        }
        return std::make_unique<exports::JsonRows>(columns, texts, sink);
      };
}

absl::StatusOr<Exported> WriteStream(const ExportOptions& options, const ExportInput& input,
                                     analysis::RecordSource& source, ByteSink& sink) {
  switch (options.kind) {
    case Format::kPprof:
      return WritePprof(source, options.selection, sink);
    case Format::kCollapsed:
      return WriteCollapsed(source, options.selection, options.flame, sink);
    case Format::kSpeedscope:
      return WriteSpeedscope(source, options.selection, TitleOf(source.header()), sink);
    case Format::kPerfScript:
      return WritePerfScript(source, options.selection, sink);
    case Format::kPerfetto:
      return WritePerfetto(
          [&input] { return input.Open(); }, options.selection,
          options.accesses ? exports::AccessEvents::kAsInstants : exports::AccessEvents::kLeftOut,
          sink);
    default:
      return WriteTable(source, options.table, options.selection, TextRows(options, sink));
  }
}

absl::StatusOr<Exported> ExportStream(const ExportOptions& options, const ExportInput& input) {
  auto source = input.Open();
  if (!source.ok()) return source.status();
  if (options.to_standard_output()) {
    exports::DescriptorSink sink(STDOUT_FILENO, "standard output");
    return WriteStream(options, input, **source, sink);
  }
  std::error_code no_file;
  if (std::filesystem::equivalent(options.output, input.path, no_file)) {
    return absl::InvalidArgumentError(fmt::format(
        "the export would replace the recording '{}': choose another name by -o", input.path));
  }
  if (IsDatabaseFile(options.output) || OpenTrace(options.output).ok()) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is a recording, which no export replaces: choose another name by -o",
                    options.output));
  }
  auto sink = exports::FileSink::Create(options.output);
  if (!sink.ok()) return sink.status();
  const RemoveOnSignal tidy_up((*sink)->temporary());
  auto exported = WriteStream(options, input, **source, **sink);
  if (!exported.ok()) return exported;
  if (absl::Status status = (*sink)->Finish(); !status.ok()) return status;
  return exported;
}

exports::FileNotes NotesOf(const ExportOptions& options, const ExportInput& input,
                           const TraceHeader& header) {
  return {{"heimdallr.table", std::string(Name(options.table))},
          {"heimdallr.run", base::Printable(input.run)},
          {"heimdallr.repetition", std::to_string(input.repetition)},
          {"heimdallr.command", base::Printable(TitleOf(header))},
          {"heimdallr.host", base::Printable(header.host)},
          {"heimdallr.start_realtime_ns", std::to_string(header.start_realtime_ns)}};
}

absl::StatusOr<Exported> ExportParquet(const ExportOptions& options, const ExportInput& input) {
  auto source = input.Open();
  if (!source.ok()) return source.status();
  const TraceHeader& header = (*source)->header();
  auto dataset = exports::Dataset::Create({.folder = options.output,
                                           .run = input.run,
                                           .rank = exports::RankOf(header),
                                           .repetition = input.repetition});
  if (!dataset.ok()) return dataset.status();
  const RemoveOnSignal tidy_up((*dataset)->temporary(), (*dataset)->made());
  const auto make_rows =
      [&](const exports::CellTexts& texts) -> absl::StatusOr<std::unique_ptr<exports::RowWriter>> {
    return std::make_unique<exports::ParquetRows>(ColumnsOf(options.table), texts,
                                                  NotesOf(options, input, header),
                                                  [&] { return (*dataset)->OpenPart(); });
  };
  auto exported = WriteTable(**source, options.table, options.selection, make_rows);
  if (!exported.ok()) return exported;
  if (absl::Status status = (*dataset)->Commit(); !status.ok()) return status;
  return exported;
}

// Prints what went wrong, if anything.
int Report(const ExportInput& input, const absl::StatusOr<Exported>& exported) {
  if (!exported.ok()) {
    if (absl::IsCancelled(exported.status())) return kSuccess;  // the reader had enough
    PrintError(std::string(base::Message(exported.status())));
    return kFailure;
  }
  if (exported->left_out != 0) {
    PrintError(
        fmt::format("{}: {} left out, as no more than {} can be shown well; choose a part "
                    "with --time, --address or --pid",
                    input.title, Count(exported->left_out, "access is", "accesses are"),
                    Grouped(exports::kMostInstants)));
  }
  const auto defect = DefectOf(input.title, exported->end, exported->extent);
  if (!defect) return kSuccess;
  PrintError(*defect);
  return kFailure;
}

int Export(const ExportOptions& options) {
  auto inputs = ExportInputs(options.paths, options.run);
  if (!inputs.ok()) {
    PrintError(std::string(base::Message(inputs.status())));
    return kFailure;
  }
  if (options.kind != Format::kParquet && inputs->size() != 1) {
    return WrongUse(kName,
                    fmt::format("{} holds one recording, but {} are given: {}", options.format,
                                inputs->size(), "name one, of a database with --run"));
  }
  int status = kSuccess;
  for (const ExportInput& input : *inputs) {
    const auto exported = options.kind == Format::kParquet ? ExportParquet(options, input)
                                                           : ExportStream(options, input);
    status = std::max(status, Report(input, exported));
  }
  return status;
}

}  // namespace

int ExportCommand(const std::vector<std::string>& arguments) {
  ExportOptions options;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump export [options] --format FORMAT FILE...");
  app.footer(kExamples);
  app.add_option("FILE", options.paths, "Traces, folders with traces in them, databases")
      ->required();
  app.add_option("-f,--format", options.format, FormatNames())->option_text("FORMAT")->required();
  app.add_option("-o,--output", options.output,
                 "Where to, instead of standard output; a file that is there is\nreplaced, unless "
                 "it is a recording")
      ->option_text("PATH");
  app.add_option("--run", options.run, "Which run of a database")->option_text("ID");
  app.add_option("--what", options.what,
                 fmt::format("Of csv, jsonl and parquet: {}", exports::TableNames()))
      ->option_text("TABLE");
  app.add_option("--value", options.value,
                 fmt::format("Of collapsed: {}", exports::FlameValueNames()))
      ->option_text("VALUE");
  app.add_flag("--accesses", options.accesses, "Of perfetto: each access as an event, too");
  app.add_option("--time", options.time, "Only this time, in seconds; either end may be left out")
      ->option_text("A:B");
  app.add_option("--address", options.address,
                 "Only this range of addresses; either end may be left out")
      ->option_text("A:B");
  app.add_option("--pid", options.selection.pid, "Only this process")->option_text("N");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  if (const auto wrong = Complete(options)) return WrongUse(kName, *wrong);
  return Export(options);
}

}  // namespace heimdallr::cli
