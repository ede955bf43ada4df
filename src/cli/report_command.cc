#include "cli/report_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/new_file.h"
#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/plain_text.h"
#include "cli/remove_on_signal.h"
#include "cli/report_inputs.h"
#include "report/report_page.h"

namespace heimdallr::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "trace-dump report";
constexpr const char* kDescription =
    "Writes a recording as one HTML file: accesses by time and address, objects, code.";
constexpr const char* kExamples = R"(
The file needs no network and opens in any current browser. Of more than 10 million accesses it
holds a sample, while all counts stay exact; 'trace-dump serve' shows all of them.
An earlier report of that name is replaced; any other file only with --force.
Examples:
  trace-dump report solver.4711.htrace                       # into solver.4711.html
  trace-dump report --time 1.5:2 --objects matrix FILE -o matrix.html
  trace-dump report before.htrace after.htrace -o compare.html
  trace-dump report runs.sqlite --run bt.A.clock --run bt.A.dry)";

struct Options {
  ReportChoice choice;
  std::string output;
  bool force = false;
};

std::string BareName(const fs::path& path) {
  return path.extension() == ".html" ? path.filename().string() : path.stem().string();
}

// Beside the first FILE: the files without what they end in, and the runs, so that neither two
// comparisons nor several runs of a database meet.
std::string UsualOutput(const ReportChoice& choice) {
  const fs::path path(choice.paths.front());
  std::string name = BareName(path);
  for (std::size_t i = 1; i < choice.paths.size(); ++i) name += "-" + BareName(choice.paths[i]);
  for (const std::string& run : choice.runs) name += "." + run;
  std::replace(name.begin(), name.end(), '/', '_');
  return (path.parent_path() / (name + ".html")).string();
}

bool IsReport(const std::string& path) {
  std::string first(report::kPageMark.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), static_cast<std::streamsize>(first.size()));
  return file && first == report::kPageMark;
}

// Why the file must not be written, or nothing.
std::optional<std::string> Objection(const Options& options) {
  std::error_code error;
  if (!fs::exists(options.output, error)) return std::nullopt;
  for (const std::string& path : options.choice.paths) {
    if (fs::equivalent(path, options.output, error)) {
      return fmt::format("the report would replace the recording '{}': choose another name by -o",
                         path);
    }
  }
  if (!IsRegularFile(options.output)) {
    return fmt::format("'{}' is there and no regular file: choose another name by -o",
                       options.output);
  }
  if (options.force || IsReport(options.output)) return std::nullopt;
  return fmt::format("'{}' exists and is no report: choose another name by -o, or give --force",
                     options.output);
}

std::string Samples(const std::vector<report::RunSummary>& runs) {
  std::string text;
  for (const report::RunSummary& run : runs) {
    if (!text.empty()) text += "; ";
    text += run.complete ? fmt::format("all {}", Count(run.accesses, "access", "accesses"))
                         : fmt::format("{} of {} accesses, all in the counts", Grouped(run.samples),
                                       Grouped(run.accesses));
  }
  return text;
}

int Fail(const absl::Status& status) {
  PrintError(std::string(base::Message(status)));
  return kFailure;
}

int Write(const Options& options, std::vector<report::ReportInput> inputs) {
  std::vector<std::string> defects;
  for (report::ReportInput& input : inputs) {
    input.defect = [&defects, describe = std::move(input.defect)](const absl::Status& end,
                                                                  const TraceExtent& extent) {
      auto defect = describe(end, extent);
      if (defect) defects.push_back(*defect);
      return defect;
    };
  }
  auto file = base::NewFile::Create(options.output);
  if (!file.ok()) return Fail(file.status());
  const RemoveOnSignal tidy_up(file->temporary());
  const auto runs = report::WritePage(inputs, {}, ReportTool(),
                                      [&](std::string_view bytes) { return file->Write(bytes); });
  if (!runs.ok()) return Fail(runs.status());
  if (absl::Status status = file->Commit(); !status.ok()) return Fail(status);
  fmt::print("{}: {}, {}\n", base::Printable(options.output), Bytes(file->size()), Samples(*runs));
  const bool nothing = std::all_of(runs->begin(), runs->end(),
                                   [](const report::RunSummary& run) { return run.accesses == 0; });
  if (nothing && options.choice.selects()) {
    PrintError("no access is of what --time, --address and --objects ask for: the page is empty");
  }
  for (const std::string& defect : defects) PrintError(defect);
  return defects.empty() ? kSuccess : kFailure;
}

}  // namespace

int ReportCommand(const std::vector<std::string>& arguments) {
  Options options;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump report [options] FILE [FILE]");
  app.footer(kExamples);
  AddReportOptions(app, options.choice);
  app.add_option("-o,--output", options.output, "The page; by default beside FILE, ending in .html")
      ->option_text("PATH");
  app.add_flag("--force", options.force, "Replace a file that is no report");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  std::vector<report::ReportInput> inputs;
  if (const auto wrong = MakeReportInputs(options.choice, inputs)) return WrongUse(kName, *wrong);
  if (options.output == "-") {
    return WrongUse(kName, "--output: a page goes to a file, not to standard output");
  }
  if (options.output.empty()) options.output = UsualOutput(options.choice);
  if (const auto objection = Objection(options)) {
    PrintError(*objection);
    return kFailure;
  }
  return Write(options, std::move(inputs));
}

}  // namespace heimdallr::cli
