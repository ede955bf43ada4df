#include "cli/summary_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/output.h"
#include "cli/summary_json.h"
#include "cli/summary_text.h"
#include "cli/trace_summary.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kDescription =
    R"(Sums up what each recording holds: the run and its processes, sampled accesses,
allocations and where they come from, and what is missing.)";
constexpr const char* kExamples = R"(
Examples:
  trace-dump solver.4711.htrace
  trace-dump summary --json *.htrace | jq '.allocations.heap.peak_live_bytes')";

// Returns whether the file is whole.
bool Summarise(const std::string& path, const RecordingChoice& choice, bool json, Output& output) {
  const auto summary = SummariseTrace(path, choice);
  if (!summary.ok()) {
    output.Flush();  // keeps what was said of the file before in front of this
    PrintError(std::string(base::Message(summary.status())));
    return false;
  }
  if (json) {
    AppendSummaryJson(*summary, output.buffer());
  } else {
    AppendSummaryText(*summary, output.buffer());
  }
  output.Flush();
  if (summary->defect) PrintError(*summary->defect);
  return !summary->defect;
}

}  // namespace

int SummaryCommand(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  bool json = false;
  RecordingChoice choice;
  CLI::App app(kDescription, "trace-dump summary");
  SetUsage(app, "Usage: trace-dump [summary] [options] FILE...");
  app.footer(kExamples);
  app.add_option("FILE", paths, "Trace files or databases")->required();
  app.add_flag("--json", json, "One JSON object a file and line");
  AddChoiceOptions(app, choice);
  if (const auto status = ParseArguments(app, arguments)) return *status;
  Output output(STDOUT_FILENO);
  bool all_whole = true;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (i != 0 && !json) output.buffer().push_back('\n');
    all_whole &= Summarise(paths[i], choice, json, output);
  }
  if (!output.status().ok()) {
    PrintError(std::string(base::Message(output.status())));
    return kFailure;
  }
  return all_whole ? kSuccess : kFailure;
}

}  // namespace heimdallr::cli
