#include "cli/import_command.h"

#include <csignal>
#include <filesystem>
#include <iterator>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/json_writer.h"
#include "cli/plain_text.h"
#include "cli/version.h"
#include "import/import_perf_data.h"

namespace heimdallr::cli {
namespace {

using imports::PerfDataCounts;

constexpr const char* kName = "trace-dump import";
constexpr const char* kDescription =
    "Makes a trace of a recording by perf record or perf mem record (perf.data).";
constexpr const char* kExamples = R"(
Samples with data addresses become accesses; processes, threads, mappings and losses come
along. A sample without an address, or of an operation that neither loads nor stores, is
counted as such. Allocations are not known: perf does not record them.
Examples:
  perf mem record -o perf.data -- ./solver
  trace-dump import perf.data -o solver.htrace && trace-dump solver.htrace)";

struct Options {
  imports::PerfDataImport request;
  bool json = false;
};

void PrintJson(const PerfDataCounts& counts) {
  fmt::memory_buffer out;
  JsonWriter json(out);
  json.BeginObject();
  json.Number("samples", counts.samples);
  json.Number("accesses", counts.accesses);
  json.Number("faults", counts.faults);
  json.Number("not_memory", counts.not_memory);
  json.Number("no_address", counts.no_address);
  json.Number("lost", counts.lost);
  json.Number("lost_samples", counts.lost_samples);
  json.Number("throttled", counts.throttled);
  json.Number("corrupt", counts.corrupt);
  json.Number("not_taken", counts.not_taken);
  json.BeginObject("records");
  for (const auto& [type, count] : counts.records) {
    json.Number(imports::NameOfRecord(type), count);
  }
  json.EndObject();
  json.EndObject();
  fmt::print("{}\n", fmt::to_string(out));
}

void PrintText(const Options& options, const PerfDataCounts& counts) {
  fmt::print("{}: {} became {}", base::Printable(options.request.output),
             Count(counts.samples, "sample", "samples"),
             Count(counts.accesses, "access", "accesses"));
  if (counts.faults != 0) fmt::print(" and {}", Count(counts.faults, "page fault", "page faults"));
  const std::pair<std::uint64_t, const char*> others[] = {
      {counts.not_memory, "neither load nor store"},
      {counts.no_address, "have no data address"},
      {counts.lost, "records were lost as there was no room"},
      {counts.lost_samples, "samples were dropped by the processor"},
      {counts.throttled, "times sampling was stopped for a while"},
      {counts.corrupt, "records made no sense"}};
  for (const auto& [count, text] : others) {
    if (count != 0) fmt::print("; {} {}", Grouped(count), text);
  }
  fmt::print("\n  records of the file:");
  for (const auto& [type, count] : counts.records) {
    fmt::print(" {} {}", imports::NameOfRecord(type), Grouped(count));
  }
  fmt::print("\n");
}

int Import(const Options& options) {
  std::error_code error;
  if (std::filesystem::equivalent(options.request.input, options.request.output, error)) {
    return WrongUse(kName, "--output names the recording itself");
  }
  std::signal(SIGXFSZ, SIG_IGN);  // then it is an error like any other
  const auto counts = imports::ImportPerfData(options.request);
  if (!counts.ok()) {
    PrintError(std::string(base::Message(counts.status())));
    return kFailure;
  }
  if (options.json) {
    PrintJson(*counts);
  } else {
    PrintText(options, *counts);
  }
  if (counts->end.ok()) return kSuccess;
  PrintError(fmt::format("{}: what comes before is in '{}'", base::Message(counts->end),
                         options.request.output));
  return kFailure;
}

}  // namespace

int ImportCommand(const std::vector<std::string>& arguments) {
  Options options;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump import [options] -o TRACE PERF.DATA");
  app.footer(kExamples);
  app.add_option("PERF.DATA", options.request.input, "What perf recorded")->required();
  app.add_option("-o,--output", options.request.output, "The trace to make")
      ->option_text("TRACE")
      ->required();
  app.add_flag("--force", options.request.replace, "Replace a file of that name");
  app.add_flag("--compress", options.request.compress, "Compress the trace (zstd)");
  app.add_flag("--json", options.json, "Say what was read as JSON");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  options.request.tool_version = kVersion;
  return Import(options);
}

}  // namespace heimdallr::cli
