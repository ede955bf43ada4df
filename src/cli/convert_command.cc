#include "cli/convert_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/plain_text.h"
#include "cli/progress_bar.h"
#include "cli/recording_files.h"
#include "store/recording_list.h"
#include "store/recording_writer.h"
#include "store/update.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kName = "trace-dump convert";
constexpr const char* kDescription =
    R"(Puts recordings into a SQLite database, which other programs can query and the
other commands read as they read traces. Recordings that are in it stay.)";
constexpr const char* kExamples = R"(
FOLDER/WORKLOAD.MODE/N.htrace is repetition N of the run WORKLOAD.MODE, any other file
a run of its own name. Of several repetitions the first goes in whole, the others with
their statistics; with --all each goes in whole. The database is changed when all is
done: interrupted, it is as before.
Examples:
  trace-dump convert -o runs.sqlite solver.4711.htrace
  trace-dump convert -i sweep/ -o runs.sqlite && trace-dump stat runs.sqlite
  sqlite3 runs.sqlite 'SELECT name, loads, stores FROM group_list ORDER BY cpu_ns DESC')";

constexpr int kInterrupted = 128 + SIGINT;

struct ConvertOptions {
  std::vector<std::string> paths;
  std::vector<std::string> inputs;  // more of them
  std::string output;
  bool all = false;
  bool quiet = false;
};

volatile std::sig_atomic_t interrupted = 0;

// From its making on, Ctrl-C and its kin only set `interrupted`.
class CatchSignals {
 public:
  CatchSignals() {
    struct sigaction action {};
    action.sa_handler = [](int /*number*/) { interrupted = 1; };
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
    // A file that grows beyond what is allowed is an error like any other.
    std::signal(SIGXFSZ, SIG_IGN);
  }
};

std::uint64_t SizeOf(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

class Conversion {
 public:
  Conversion(const ConvertOptions& options, const std::vector<std::string>& files,
             store::Update& update)
      : options_(options), files_(files), update_(update), bar_(ShowOf(options), TotalBytes()) {}

  /// An error of the database, or an interruption: nothing may be committed then.
  absl::Status Run() {
    auto whole = store::RunsWithRecords(update_.connection());
    if (!whole.ok()) return whole.status();
    runs_with_records_ = *std::move(whole);
    for (const std::string& file : files_) {
      if (absl::Status status = Add(file); !status.ok()) return status;
      bytes_before_ += SizeOf(file);
    }
    return absl::OkStatus();
  }

  [[nodiscard]] bool all_good() const { return all_good_; }
  [[nodiscard]] bool anything_added() const { return added_ != 0; }
  [[nodiscard]] std::string Report() const {
    std::string text =
        fmt::format("{}: {} added, {} whole with {}", base::Printable(options_.output),
                    Count(added_, "recording", "recordings"), added_whole_,
                    Count(records_, "record", "records"));
    if (replaced_ != 0) text += fmt::format("; {} in place of what was there of it", replaced_);
    if (known_ != 0) text += fmt::format("; {} in it already", known_);
    if (unreadable_ != 0) text += fmt::format("; {} could not be read", unreadable_);
    return text;
  }

 private:
  static ProgressBar::Show ShowOf(const ConvertOptions& options) {
    return options.quiet ? ProgressBar::Show::kNever : ProgressBar::Show::kIfTerminal;
  }
  [[nodiscard]] std::uint64_t TotalBytes() const {
    std::uint64_t bytes = 0;
    for (const std::string& file : files_) bytes += SizeOf(file);
    return bytes;
  }

  void Bad(const std::string& message) {
    bar_.Clear();
    PrintError(message);
    all_good_ = false;
  }

  absl::Status Add(const std::string& file) {
    auto source = OpenTrace(file);
    auto identity = source.ok()
                        ? IdentityOf(file, (*source)->header(), (*source)->extent().good_bytes)
                        : source.status();
    if (!identity.ok()) {
      Bad(std::string(base::Message(identity.status())));
      ++unreadable_;
      return absl::OkStatus();
    }
    store::RecordingName name = NameOfRecording(file, (*source)->header());
    name.identity = *std::move(identity);
    const bool first = !runs_with_records_.contains(name.run);
    const auto content =
        options_.all || first ? store::Content::kWhole : store::Content::kStatistics;
    const std::string run = name.run;
    const auto progress = [&](const TraceExtent& extent) {
      bar_.Update(run, bytes_before_ + extent.good_bytes, records_ + extent.records);
      return interrupted != 0 ? store::Proceed::kStop : store::Proceed::kGoOn;
    };
    // The one that told its name is the first to be read.
    const auto open = [&]() -> absl::StatusOr<std::unique_ptr<analysis::RecordSource>> {
      return *source != nullptr ? std::exchange(*source, nullptr) : OpenTrace(file);
    };
    const auto added = AddRecording(update_, name, open, content, progress);
    if (!added.ok()) return added.status();
    Count(*added, file);
    return interrupted != 0 ? absl::CancelledError("interrupted") : absl::OkStatus();
  }

  void Count(const store::Added& added, const std::string& file) {
    const store::Repetition& repetition = added.repetition;
    if (added.gain == store::Gain::kNothing) {
      ++known_;
      return;
    }
    ++added_;
    if (added.gain == store::Gain::kMore) ++replaced_;
    if (repetition.content == store::Content::kWhole) {
      ++added_whole_;
      records_ += repetition.figures.all_records();
      if (repetition.complete()) runs_with_records_.insert(repetition.name.run);
    }
    if (const auto defect = DefectOf(file, repetition.end, repetition.extent)) Bad(*defect);
  }
  static std::string Count(std::uint64_t count, std::string_view one, std::string_view many) {
    return cli::Count(count, one, many);
  }

  const ConvertOptions& options_;
  const std::vector<std::string>& files_;
  store::Update& update_;
  ProgressBar bar_;
  std::set<std::string> runs_with_records_;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t added_whole_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t unreadable_ = 0;
  bool all_good_ = true;
};

int Failed(const absl::Status& status) {
  if (absl::IsCancelled(status)) {
    PrintError("interrupted: the database is as before");
    return kInterrupted;
  }
  PrintError(std::string(base::Message(status)));
  return kFailure;
}

int Convert(const ConvertOptions& options) {
  const auto files = TraceFiles(options.paths);
  if (!files.ok()) return Failed(files.status());
  const CatchSignals signals;
  auto update = store::Update::Begin(options.output);
  if (!update.ok()) return Failed(update.status());
  Conversion conversion(options, *files, *update);
  if (absl::Status status = conversion.Run(); !status.ok()) return Failed(status);
  if (conversion.anything_added()) {
    if (absl::Status status = update->Commit(); !status.ok()) return Failed(status);
  }
  if (!options.quiet) fmt::print(stderr, "trace-dump: {}\n", conversion.Report());
  return conversion.all_good() ? kSuccess : kFailure;
}

}  // namespace

int ConvertCommand(const std::vector<std::string>& arguments) {
  ConvertOptions options;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump convert [options] -o DATABASE FILE|FOLDER...");
  app.footer(kExamples);
  app.add_option("FILE", options.paths, "Traces, and folders with traces in them");
  app.add_option("-i,--input", options.inputs, "Further ones")->option_text("FILE|FOLDER...");
  app.add_option("-o,--output", options.output, "The database, made if it is not there")
      ->option_text("DATABASE")
      ->required();
  app.add_flag("--all", options.all, "Every repetition whole");
  app.add_flag("-q,--quiet", options.quiet, "Say nothing but errors");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  options.paths.insert(options.paths.end(), options.inputs.begin(), options.inputs.end());
  if (options.paths.empty()) return WrongUse(kName, "no trace is given");
  return Convert(options);
}

}  // namespace heimdallr::cli
