#include "cli/validate_command.h"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/plain_text.h"
#include "heimdallr/trace_reader.h"
#include "store/recording_list.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kDescription =
    R"(Reads each trace from its start to its end and says whether it is whole.
If not, it says up to where it is good, and the exit status is 1. What is checked
is that everything can be read, and that nothing is missing between the first record
and the last; a bit that changed within a value can only be noticed where the file is
compressed (heimdallr --compress).)";
constexpr const char* kExample = R"(
Example:
  trace-dump validate solver.4711.htrace && cp solver.4711.htrace /archive)";

std::string Whole(const std::string& path, const TraceExtent& extent) {
  std::string line =
      fmt::format("{}: whole, {}, {} bytes", base::Printable(path),
                  Count(extent.records, "record", "records"), Grouped(extent.file_bytes));
  if (extent.late_records != 0) {
    line += fmt::format(", {} out of the order of time", Grouped(extent.late_records));
  }
  if (extent.unknown_chunks != 0) {
    line += fmt::format(", {} of a newer format skipped",
                        Count(extent.unknown_chunks, "chunk", "chunks"));
  }
  return line;
}

bool ValidateOne(const std::string& path, const RecordingChoice& choice) {
  const auto source = OpenStream(path, choice);
  if (!source.ok()) {
    PrintError(std::string(base::Message(source.status())));
    return false;
  }
  auto record = (*source)->Next();
  while (record.ok() && *record != nullptr) record = (*source)->Next();
  const std::string title = RecordingTitle(path, choice);
  if (const auto defect = DefectOf(title, record.status(), (*source)->extent())) {
    PrintError(*defect);
    return false;
  }
  fmt::print("{}\n", Whole(title, (*source)->extent()));
  std::fflush(stdout);  // keeps its place among the lines about bad files
  return true;
}

// Each recording of a database whose records it has.
bool ValidateDatabase(const std::string& path) {
  const auto all = store::ListRecordings(path);
  if (!all.ok()) {
    PrintError(std::string(base::Message(all.status())));
    return false;
  }
  bool good = true;
  for (const store::Repetition& repetition : *all) {
    if (repetition.content != store::Content::kWhole) continue;
    good &= ValidateOne(path, {repetition.name.run, repetition.name.number});
  }
  return good;
}

bool Validate(const std::string& path) {
  return IsDatabaseFile(path) ? ValidateDatabase(path) : ValidateOne(path, {});
}

}  // namespace

int ValidateCommand(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  CLI::App app(kDescription, "trace-dump validate");
  SetUsage(app, "Usage: trace-dump validate FILE...");
  app.footer(kExample);
  app.add_option("FILE", paths, "Trace files or databases")->required();
  if (const auto status = ParseArguments(app, arguments)) return *status;
  const auto bad = std::count_if(paths.begin(), paths.end(),
                                 [](const std::string& path) { return !Validate(path); });
  return bad == 0 ? kSuccess : kFailure;
}

}  // namespace heimdallr::cli
