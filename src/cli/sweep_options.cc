#include "cli/sweep_options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <absl/status/status.h>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "cli/help_format.h"
#include "cli/sweep_description.h"
#include "recorder/placement.h"
#include "sweep/plan_file.h"
#include "sweep/shell_words.h"

namespace heimdallr::cli {
namespace {

constexpr int kUsageError = 125;

// The values as the option parser fills them.
struct Parsed {
  std::string plan_file;
  std::optional<std::uint64_t> seed;
  std::optional<double> timeout_seconds;
  std::vector<std::string> modes;
  bool resume = false;
  bool list_plan = false;
  bool quiet = false;
  bool verbose = false;
  std::vector<std::string> operands;
};

// CLI::Range compares what it has read as that type; "1e400" or "nan" must not come through.
std::string CheckTimeout(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool good = error == std::errc{} && end == text.data() + text.size() && seconds > 0 &&
                    seconds <= sweep::kMaxTimeoutSeconds;
  return good ? "" : fmt::format("'{}' is not a number of seconds above 0", text);
}

void AddOptions(CLI::App& app, Parsed& parsed) {
  app.add_option("--plan", parsed.plan_file,
                 "What to run, as TOML: modes, workloads, repetitions. Results go to OUTDIR, by "
                 "default the plan's name with .sweep instead of .toml")
      ->option_text("FILE");
  app.add_option("--mode", parsed.modes, "Only this mode; may be repeated")
      ->option_text("NAME")
      ->allow_extra_args(false);
  app.add_option("--seed", parsed.seed,
                 "Of the order inside a mode; the same seed gives the same order (default: drawn "
                 "and written down)")
      ->option_text("N")
      ->check(CLI::Range(std::uint64_t{0}, sweep::kMaxSeed));
  app.add_option("--timeout", parsed.timeout_seconds,
                 "A run may take so long; then it gets SIGTERM, and 5 seconds later SIGKILL")
      ->option_text("SECONDS")
      ->check(CheckTimeout);
  app.add_flag("--resume", parsed.resume,
               "Go on with the sweep in OUTDIR: run what is missing, keep what has a result");
  app.add_flag("--list-plan", parsed.list_plan,
               "Print the runs in their order, a line each, and run nothing");
  app.add_flag("-q,--quiet", parsed.quiet, "Print only warnings and errors");
  app.add_flag("-v,--verbose", parsed.verbose, "Print more about what is done");
  app.add_option("operands", parsed.operands)->group("");
}

PrintAndExit WrongUse(std::string_view what) {
  return {.error = fmt::format("heimdallr: sweep: {}\n{}", base::Printable(what), SweepUsageHint()),
          .exit_status = kUsageError};
}

PrintAndExit Refused(const absl::Status& status) {
  return {.error = fmt::format("heimdallr: {}\n", base::Message(status)),
          .exit_status = kUsageError};
}

// What the words behind the options say.
class OperandReader {
 public:
  OperandReader(const Parsed& parsed, SweepCommand& command) : parsed_(parsed), command_(command) {}

  std::optional<PrintAndExit> Read() {
    std::error_code error;
    const std::string current = std::filesystem::current_path(error).string();
    if (error) return Refused(absl::UnavailableError("the current folder is gone"));
    if (!parsed_.plan_file.empty()) return FromFile(current);
    if (parsed_.resume && parsed_.operands.size() == 1) return FromFolder();
    return FromWords(current);
  }

 private:
  std::optional<PrintAndExit> FromFile(const std::string& current) {
    if (parsed_.operands.size() > 1) {
      return WrongUse("with --plan there is nothing but OUTDIR: the plan says what to run");
    }
    auto plan = sweep::ReadPlanFile(parsed_.plan_file, current, CheckModeOptions);
    if (!plan.ok()) return Refused(plan.status());
    command_.plan = *std::move(plan);
    command_.folder = parsed_.operands.empty() ? std::filesystem::path(parsed_.plan_file)
                                                     .filename()
                                                     .replace_extension(".sweep")
                                                     .string()
                                               : parsed_.operands.front();
    return Complete();
  }

  // Of the sweep that is there.
  std::optional<PrintAndExit> FromFolder() {
    if (parsed_.seed || parsed_.timeout_seconds || !parsed_.modes.empty()) {
      return WrongUse("the sweep in OUTDIR has its seed, timeout and modes; leave them out");
    }
    command_.plan_given = false;
    command_.folder = parsed_.operands.front();
    return std::nullopt;
  }

  std::optional<PrintAndExit> FromWords(const std::string& current) {
    if (parsed_.operands.size() < 3) {
      return WrongUse(
          "it takes OUTDIR, REPETITIONS and at least one WORKLOAD, or --plan FILE, or --resume "
          "OUTDIR");
    }
    command_.folder = parsed_.operands[0];
    const std::string& count = parsed_.operands[1];
    std::uint32_t& repetitions = command_.plan.repetitions;
    const auto [end, error] =
        std::from_chars(count.data(), count.data() + count.size(), repetitions);
    if (error != std::errc{} || end != count.data() + count.size() || repetitions < 1 ||
        repetitions > sweep::kMaxRepetitions) {
      return WrongUse(fmt::format("'{}' is no number of repetitions from 1 to {}", count,
                                  sweep::kMaxRepetitions));
    }
    for (std::size_t i = 2; i < parsed_.operands.size(); ++i) {
      auto words = sweep::SplitShellWords(parsed_.operands[i]);
      if (!words.ok()) return WrongUse(base::Message(words.status()));
      if (words->front().empty()) return WrongUse("a WORKLOAD names no program");
      command_.plan.workloads.push_back({.command = *std::move(words), .folder = current});
    }
    sweep::NameTheUnnamed(command_.plan.workloads);
    command_.plan.modes = sweep::DefaultModes();
    return Complete();
  }

  std::optional<PrintAndExit> Complete() {
    sweep::Plan& plan = command_.plan;
    if (parsed_.seed) plan.seed = parsed_.seed;
    if (parsed_.timeout_seconds) plan.timeout_seconds = parsed_.timeout_seconds;
    absl::Status status = sweep::CheckPlan(plan);
    if (status.ok() && !parsed_.modes.empty()) status = sweep::KeepModes(parsed_.modes, plan);
    if (!status.ok()) return Refused(status);
    return std::nullopt;
  }

  const Parsed& parsed_;
  SweepCommand& command_;
};

SweepAction ActionOf(const Parsed& parsed) {
  if (parsed.list_plan) return parsed.resume ? SweepAction::kListMissing : SweepAction::kListPlan;
  return parsed.resume ? SweepAction::kResume : SweepAction::kRun;
}

}  // namespace

std::variant<SweepCommand, PrintAndExit> ParseSweepCommand(
    const std::vector<std::string>& arguments) {
  CLI::App app;
  DescribeSweep(app);
  Parsed parsed;
  AddOptions(app, parsed);
  if (const auto format = AskedFor(arguments)) {
    return PrintAndExit{.output = Format(Describe(app), *format)};
  }
  try {
    // The parser takes its arguments last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return PrintAndExit{.output = app.help()};
  } catch (const CLI::ExtrasError&) {
    return WrongUse(fmt::format("unknown option '{}'", app.remaining().front()));
  } catch (const CLI::ParseError& error) {
    return WrongUse(error.what());
  }
  SweepCommand command{.action = ActionOf(parsed), .folder = {}, .plan = {}};
  if (auto wrong = OperandReader(parsed, command).Read()) return *std::move(wrong);
  if (parsed.verbose) command.verbosity = Verbosity::kVerbose;
  if (parsed.quiet) command.verbosity = Verbosity::kQuiet;
  return command;
}

CommandDescription DescribeSweepCommand() {
  CLI::App app;
  DescribeSweep(app);
  Parsed parsed;
  AddOptions(app, parsed);
  return Describe(app);
}

absl::StatusOr<std::uint32_t> CheckModeOptions(const std::vector<std::string>& options) {
  if (std::find(options.begin(), options.end(), "--") != options.end()) {
    return absl::InvalidArgumentError("'--' does not belong to the options");
  }
  std::vector<std::string> arguments = options;
  arguments.insert(arguments.end(), {"--", "true"});
  const auto parsed = ParseRecordCommand(arguments);
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::string_view why = print->error;
    if (why.empty()) return absl::InvalidArgumentError("these options record nothing");
    if (why.starts_with("heimdallr: ")) why.remove_prefix(std::string_view("heimdallr: ").size());
    return absl::InvalidArgumentError(std::string(why.substr(0, why.find('\n'))));
  }
  const recorder::RecorderOptions& record = std::get<RecordCommand>(parsed).options;
  if (record.output != recorder::RecorderOptions{}.output ||
      record.existing_file == recorder::ExistingFile::kReplace) {
    return absl::InvalidArgumentError("a sweep itself says where traces go (--output, --force)");
  }
  const bool samples = !record.dry_run && record.source != recorder::SourceChoice::kNone &&
                       record.source != recorder::SourceChoice::kFaultsOnly;
  if (!samples) return 0;
  return static_cast<std::uint32_t>(1'000'000'000 / recorder::PeriodNs(record));
}

absl::Status CheckModesHere(const sweep::Plan& plan) {
  for (const sweep::Mode& mode : plan.modes) {
    std::vector<std::string> arguments = mode.options;
    arguments.insert(arguments.end(), {"--", "true"});
    const auto parsed = ParseRecordCommand(arguments);
    const auto* const command = std::get_if<RecordCommand>(&parsed);
    if (command == nullptr) continue;  // the plan has been checked: of another version
    ASSIGN_OR_RETURN(recorder::Surroundings surroundings, recorder::LookAround());
    for (const auto& [name, value] : mode.environment) {
      surroundings.environment.push_back(fmt::format("{}={}", name, value));
    }
    std::vector<std::string> warnings;
    const auto placement =
        recorder::PlanPlacement(command->options.placement, surroundings, warnings);
    if (placement.ok()) continue;
    return absl::FailedPreconditionError(
        fmt::format("mode '{}' cannot be run here: {}. Leave it out by naming the others (--mode)",
                    mode.name, base::Message(placement.status())));
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::cli
