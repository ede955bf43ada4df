#include "cli/report_inputs.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "analysis/code_names.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/record_filter.h"
#include "cli/version.h"

namespace heimdallr::cli {
namespace {

constexpr std::size_t kMostRuns = 2;

report::ReportInput InputOf(const std::string& path, const RecordingChoice& choice,
                            const report::ReportFilter& filter) {
  std::string name(analysis::FileName(path));
  if (choice.run) name += " " + *choice.run;
  return {.name = std::move(name),
          .open = [path, choice] { return OpenRecording(path, choice); },
          .defect =
              [path, choice](const absl::Status& end, const TraceExtent& extent) {
                return DefectOf(RecordingTitle(path, choice), end, extent);
              },
          .filter = filter};
}

std::optional<std::string> MakeFilter(const ReportChoice& choice, report::ReportFilter& filter) {
  if (!choice.time.empty()) {
    const auto range = ParseTimeRange(choice.time);
    if (!range) {
      return fmt::format("--time: '{}' is no range of seconds such as 1.5:2 or 3:", choice.time);
    }
    filter.time_ns = {range->begin, range->end};
  }
  if (!choice.address.empty()) {
    const auto range = ParseAddressRange(choice.address);
    if (!range) {
      return fmt::format("--address: '{}' is no range such as 0x1000:0x2000", choice.address);
    }
    filter.address = {range->begin, range->end};
  }
  filter.objects = choice.objects;
  return std::nullopt;
}

}  // namespace

void AddReportOptions(CLI::App& app, ReportChoice& choice) {
  app.add_option("FILE", choice.paths, "Trace file or database; two are compared")
      ->required()
      ->expected(1, kMostRuns);
  const auto add_list = [&app](const char* name, std::vector<std::string>& values,
                               const char* description, const char* text) {
    app.add_option(name, values, description)
        ->option_text(text)
        ->allow_extra_args(false)
        ->take_all();
  };
  add_list("--run", choice.runs, "Of a database: this run; given twice, both are compared", "ID");
  app.add_option("--time", choice.time,
                 "Only accesses of this time, in seconds; either end may be\nleft out")
      ->option_text("A:B");
  app.add_option("--address", choice.address,
                 "Only accesses in this range of addresses, decimal or 0x...;\n"
                 "either end may be left out")
      ->option_text("A:B");
  add_list("--objects", choice.objects,
           "Only accesses to objects with this in their name or site;\nmay be repeated", "TEXT");
}

std::optional<std::string> MakeReportInputs(const ReportChoice& choice,
                                            std::vector<report::ReportInput>& inputs) {
  report::ReportFilter filter;
  if (auto wrong = MakeFilter(choice, filter)) return wrong;
  const std::size_t count = std::max(choice.paths.size(), choice.runs.size());
  const bool fits =
      choice.runs.empty() || choice.paths.size() == 1 || choice.runs.size() == choice.paths.size();
  if (count > kMostRuns || !fits) {
    return fmt::format(
        "{} files and {} runs: it takes one recording, or two to compare: FILE FILE, or DB --run A "
        "--run B",
        choice.paths.size(), choice.runs.size());
  }
  for (std::size_t i = 0; i < count; ++i) {
    RecordingChoice recording;
    if (i < choice.runs.size()) recording.run = choice.runs[i];
    const std::string& path = choice.paths[std::min(i, choice.paths.size() - 1)];
    inputs.push_back(InputOf(path, recording, filter));
  }
  return std::nullopt;
}

std::string ReportTool() { return fmt::format("heimdallr {}", kVersion); }

}  // namespace heimdallr::cli
