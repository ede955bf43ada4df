#include "cli/stat_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/load_recordings.h"
#include "cli/output.h"
#include "cli/run_statistics.h"
#include "cli/stat_format.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kName = "trace-dump stat";
constexpr const char* kDescription =
    R"(Sums the repetitions of each run up: time, memory, samples and losses, and the
overhead of recording over a run that was only timed.)";
constexpr const char* kExamples = R"(
A mean is given with its 95 % interval (Student's t), which takes two repetitions.
Overhead is over a dry run of the same workload, or of the same command line; of
several, over one with the same memory, else it is that of memory and recording. Its interval is by the delta method with Welch's degrees of
freedom. Repetitions that failed are counted and in none of the other figures.
Examples:
  trace-dump stat runs.sqlite
  trace-dump stat --csv sweep/ >sweep.csv)";

}  // namespace

int StatCommand(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  bool as_json = false;
  bool as_csv = false;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump stat [options] DATABASE|FOLDER|FILE...");
  app.footer(kExamples);
  app.add_option("FILE", paths, "Databases, traces, and folders with traces")->required();
  CLI::Option* const json = app.add_flag("--json", as_json, "One JSON object a run and line");
  app.add_flag("--csv", as_csv, "Comma-separated values; times in ns")->excludes(json);
  if (const auto status = ParseArguments(app, arguments)) return *status;
  const LoadedRecordings loaded = LoadRecordings(paths);
  const std::vector<RunStatistics> runs = StatisticsOfRuns(loaded.repetitions);
  Output output(STDOUT_FILENO);
  if (as_json) {
    AppendRunsJson(runs, output.buffer());
  } else if (as_csv) {
    AppendRunsCsv(runs, output.buffer());
  } else if (!runs.empty()) {
    AppendRunsText(runs, output.buffer());
  }
  output.Flush();
  if (!output.status().ok()) {
    PrintError(std::string(base::Message(output.status())));
    return kFailure;
  }
  return ReportDefects(loaded);
}

}  // namespace heimdallr::cli
