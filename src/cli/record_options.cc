#include "cli/record_options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "cli/completion_script.h"
#include "cli/doctor_command.h"
#include "cli/event_file.h"
#include "cli/events_command.h"
#include "cli/help_format.h"
#include "cli/manual_page.h"
#include "cli/placement_options.h"
#include "cli/sweep_description.h"
#include "cli/sweep_options.h"
#include "cli/version.h"

namespace heimdallr::cli {
namespace {

using recorder::RecorderOptions;
using recorder::SourceChoice;

constexpr int kUsageError = 125;
constexpr std::uint32_t kMaxStackDepth = 64;

constexpr std::string_view kUsage = "heimdallr [options] -- COMMAND [ARGUMENT...]";
constexpr std::string_view kAttachUsage = "heimdallr [options] -p PID";
constexpr std::string_view kSubcommandUsage =
    "heimdallr sweep [options] OUTDIR REPETITIONS WORKLOAD...";
constexpr std::string_view kExamples = R"(
Examples:
  heimdallr -- ./solver input.dat            record into solver.PID.htrace
  heimdallr -F 2000 --stacks fp -- ./solver  sample twice as often, keep call stacks
  heimdallr --dry-run -o base.htrace -- ./solver   only time it, for comparison
  heimdallr --memory node:1 --cpu-node 0 -- ./solver   with its memory on another node
  heimdallr -p 4711 --duration 10            ten seconds of a process that runs already
Read a trace with: trace-dump FILE

Exit status: that of COMMAND; 128+N if signal N ended it; 127 if it was not found, 126 if it could
not be executed, 125 if the recording failed.)";

// "none", "fp" or "fp:DEPTH"; empty when it is none of these.
std::optional<std::uint32_t> ParseStacks(std::string_view text) {
  if (text == "none") return 0;
  if (text == "fp") return recorder::kDefaultStackDepth;
  if (!text.starts_with("fp:")) return std::nullopt;
  text.remove_prefix(3);
  std::uint32_t depth = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (depth < 1 || depth > kMaxStackDepth) return std::nullopt;
  return depth;
}

std::string CheckStacks(const std::string& text) {
  if (ParseStacks(text)) return {};
  return fmt::format("'{}' is not 'none', 'fp' or 'fp:DEPTH' with a DEPTH of 1 to {}", text,
                     kMaxStackDepth);
}

std::optional<SourceChoice> ParseSource(const std::string& text) {
  if (text == "auto") return SourceChoice::kAuto;
  if (text == "clock") return SourceChoice::kClock;
  if (text == "pmu") return SourceChoice::kPmu;
  if (text == "faults") return SourceChoice::kFaultsOnly;
  if (text == "none") return SourceChoice::kNone;
  return std::nullopt;
}

std::string CheckSource(const std::string& text) {
  if (ParseSource(text)) return {};
  return fmt::format("'{}' is not 'auto', 'pmu', 'clock', 'faults' or 'none'", text);
}

// "5", "2.5" or "5%" to 0.05 and so on; empty when it is no number from 0 to 100.
std::optional<double> ParsePercent(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(percent >= 0 && percent <= 100)) return std::nullopt;
  return percent / 100;
}

std::string CheckPercent(const std::string& text) {
  if (ParsePercent(text)) return {};
  return fmt::format("'{}' is not a percentage from 0 to 100", text);
}

std::string CheckPid(const std::string& text) {
  constexpr std::uint64_t kMostProcesses = std::uint64_t{1} << 22;  // PID_MAX_LIMIT of Linux
  std::uint64_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (whole && pid >= 1 && pid <= kMostProcesses) return {};
  return fmt::format("'{}' is no process id (1 to {})", base::Printable(text), kMostProcesses);
}

// The values as the option parser fills them, before they become RecorderOptions.
struct Parsed {
  RecorderOptions options;
  std::string source = "auto";
  std::string stacks = "none";
  std::string max_overhead;  // empty = the default
  const CLI::Option* page_nodes_option = nullptr;
  double page_nodes_seconds = 0;
  double duration_seconds = 0;
  std::vector<std::string> events;
  std::string event_file;
  PlacementTexts placement;
  bool force = false;
  bool no_allocations = false;
  bool quiet = false;
  bool verbose = false;
};

void AddOptions(CLI::App& app, Parsed& parsed) {
  RecorderOptions& o = parsed.options;
  app.add_option("-o,--output", o.output,
                 "Trace file; %p process id, %h host, %c command (default %c.%p.htrace)")
      ->option_text("PATH");
  app.add_flag("--force", parsed.force,
               "Replace the trace file if it exists, even if COMMAND cannot be run");
  auto* frequency =
      app.add_option("-F,--frequency", o.frequency_hz, "Samples a second and CPU (default 1000)")
          ->option_text("HZ")
          ->check(CLI::Range(1U, 100'000U));
  app.add_option("-c,--period", o.period_ns, "Nanoseconds of CPU time between samples")
      ->option_text("NS")
      ->check(CLI::Range(std::uint64_t{10'000}, std::uint64_t{60'000'000'000}))
      ->excludes(frequency);
  app.add_option("--max-overhead", parsed.max_overhead,
                 "Sample less often when it would take more than this share of the CPU time "
                 "(default 5; 0 = never)")
      ->option_text("PERCENT")
      ->check(CheckPercent);
  app.add_option(
         "--source", parsed.source,
         "Where accesses come from: auto (the first that can be had), pmu (the processor's own "
         "sampling), clock (ticks of the CPU clock, needs no hardware support), faults (page "
         "faults alone) or none")
      ->option_text("auto|pmu|clock|faults|none")
      ->check(CheckSource);
  app.add_option("-e,--event", parsed.events,
                 "Sample this event instead of a source, in perf's syntax; may be repeated "
                 "('heimdallr events' lists what there is)")
      ->option_text("EVENT")
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--events", parsed.event_file, "Sample the streams that this TOML file describes")
      ->option_text("FILE");
  app.add_flag("--faults", o.faults, "Record page faults as well");
  auto* pids = app.add_option("-p,--pid", o.attach,
                              "Attach to processes that run already, instead of starting COMMAND: "
                              "accesses and mappings, not allocations")
                   ->option_text("PID[,PID...]")
                   ->delimiter(',')
                   ->check(CheckPid);
  app.add_option("--duration", parsed.duration_seconds,
                 "With --pid: end after so long; without, when they end, or by Ctrl-C")
      ->option_text("SECONDS")
      ->check(CLI::Range(0.001, 1e9))
      ->needs(pids);
  parsed.page_nodes_option =
      app.add_option("--page-nodes", parsed.page_nodes_seconds,
                     "Look at which memory nodes the program's pages lie on, every SECONDS "
                     "(default 1; at first more often)")
          ->option_text("[=SECONDS]")
          ->expected(0, 1)
          ->check(CLI::Range(0.01, 3600.0));
  app.add_flag("--no-allocations", parsed.no_allocations, "Do not record allocations");
  app.add_option("--stacks", parsed.stacks,
                 "Call stack of each allocation by frame pointers (default none; fp keeps 16 "
                 "frames)")
      ->option_text("none|fp[:DEPTH]")
      ->check(CheckStacks);
  AddPlacementOptions(app, parsed.placement);
  app.add_option("--buffer-size", o.buffer_bytes,
                 "Bytes of each ring, one a CPU and one a thread (default 512K)")
      ->option_text("SIZE")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->check(CLI::Range(std::uint64_t{16U << 10}, std::uint64_t{64U << 20}));
  app.add_flag("--compress", o.compress, "Compress the trace (zstd): smaller, costs CPU time");
  app.add_flag("--dry-run", o.dry_run,
               "Only time the command: no samples, no interposer, a trace with its statistics");
  app.add_option("--success-status", o.success_status,
                 "Exit status of a run that went well, for trace-dump stat (default 0)")
      ->option_text("STATUS")
      ->check(CLI::Range(0, 255));
  app.add_flag("-q,--quiet", parsed.quiet, "Print only warnings and errors");
  app.add_flag("-v,--verbose", parsed.verbose, "Print more about what is done");
}

std::vector<Subcommand> Subcommands() {
  return {{.name = "sweep", .purpose = kSweepPurpose},
          {.name = "doctor", .purpose = kDoctorPurpose},
          {.name = "events", .purpose = kEventsPurpose}};
}

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("Usage: {}\n       {}\n       {}\n", kUsage, kAttachUsage, kSubcommandUsage);
  }
  std::string make_footer(const CLI::App* app) const override {
    std::string commands = "\nCommands (heimdallr COMMAND --help):\n";
    for (const Subcommand& one : Subcommands()) {
      commands += fmt::format("  {:<10}{}\n", one.name, one.purpose);
    }
    return commands + CLI::Formatter::make_footer(app);
  }
};

// With their options, for completion.
std::vector<LauncherCommand> Commands() {
  return {{.command = Subcommands()[0], .description = DescribeSweepCommand()},
          {.command = Subcommands()[1], .description = DescribeDoctorCommand()},
          {.command = Subcommands()[2], .description = DescribeEventsCommand()}};
}

std::string HelpIn(HelpFormat format, const CLI::App& app) {
  const CommandDescription program = Describe(app);
  switch (format) {
    case HelpFormat::kManualPage:
      return ManualPage(program, Subcommands());
    case HelpFormat::kBashOptions:
      return BashOfLauncher(program, Commands());
    case HelpFormat::kZshOptions:
      return ZshOfLauncher(program, Commands());
  }
  return {};
}

// What needs a program of our own to start, if it was asked for.
std::optional<std::string> CheckAttach(const RecorderOptions& options, const Parsed& parsed,
                                       bool has_command) {
  if (has_command) return "--pid: give processes to attach to, or a command to start, not both";
  if (options.dry_run) return "--dry-run: what runs already cannot be timed";
  if (parsed.stacks != "none") return "--stacks: allocations are not recorded with --pid";
  if (parsed.placement.memory || parsed.placement.mem_node || parsed.placement.cpu_node) {
    return "--memory, --mem-node, --cpu-node: memory cannot be given to what runs already";
  }
  return std::nullopt;
}

// A dry run records nothing that could be asked for.
std::optional<std::string> CheckDryRun(const RecorderOptions& options, const Parsed& parsed) {
  if (!options.dry_run) return std::nullopt;
  const char* asked = options.faults               ? "--faults"
                      : *parsed.page_nodes_option  ? "--page-nodes"
                      : !parsed.events.empty()     ? "--event"
                      : !parsed.event_file.empty() ? "--events"
                                                   : nullptr;
  if (asked == nullptr) return std::nullopt;
  return fmt::format("--dry-run only times the command: {} cannot go with it", asked);
}

recorder::EventRequest RequestOf(const std::string& event, const char* place) {
  return {.event = event, .place = place};
}

// Events of the command line, else of a file, else of the variables that earlier versions read.
absl::Status SetEvents(const Parsed& parsed, RecorderOptions& options) {
  for (const std::string& event : parsed.events) {
    options.events.push_back(RequestOf(event, "--event"));
  }
  if (options.events.empty() && !parsed.event_file.empty()) {
    ASSIGN_OR_RETURN(options.events, ReadEventFile(parsed.event_file));
  }
  const bool none = options.events.empty() && options.source == SourceChoice::kAuto;
  constexpr std::pair<const char*, recorder::EventKind> kVariables[] = {
      {"HEIMDALLR_READEVENT", recorder::EventKind::kLoad},
      {"HEIMDALLR_WRITEEVENT", recorder::EventKind::kStore}};
  for (const auto& [name, kind] : kVariables) {
    const char* const value = std::getenv(name);
    if (!none || options.dry_run || value == nullptr || *value == '\0') continue;
    recorder::EventRequest request = RequestOf(value, name);
    request.kind = kind;
    options.events.push_back(std::move(request));
  }
  if (!options.events.empty() && options.source != SourceChoice::kAuto) {
    return absl::InvalidArgumentError("--source and events exclude each other: give one of them");
  }
  return absl::OkStatus();
}

void SetAttach(const Parsed& parsed, RecorderOptions& options) {
  std::vector<int>& pids = options.attach;
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  options.attach_for_ns = static_cast<std::uint64_t>(parsed.duration_seconds * 1e9);
  options.allocations = recorder::AllocationTracing::kOff;
}

PrintAndExit WrongUse(std::string_view what) {
  return {
      .error = fmt::format("heimdallr: {}\nUsage: {} (--help lists the options)\n", what, kUsage),
      .exit_status = kUsageError};
}

}  // namespace

std::variant<RecordCommand, PrintAndExit> ParseRecordCommand(
    const std::vector<std::string>& arguments) {
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  // The parser takes its arguments last first.
  std::vector<std::string> ours(std::make_reverse_iterator(separator), arguments.rend());

  CLI::App app("Records the memory accesses and allocations of a program.", "heimdallr");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(std::string(kExamples));
  app.set_version_flag("--version", fmt::format("heimdallr {}", kVersion));
  Parsed parsed;
  AddOptions(app, parsed);
  if (const auto format = AskedFor(arguments)) return PrintAndExit{.output = HelpIn(*format, app)};
  try {
    app.parse(ours);
  } catch (const CLI::CallForHelp&) {
    return PrintAndExit{.output = app.help()};
  } catch (const CLI::CallForVersion&) {
    return PrintAndExit{.output = app.version() + "\n"};
  } catch (const CLI::ExtrasError&) {
    if (separator == arguments.end() && !ours.empty() && !ours.back().starts_with("-")) {
      const std::vector<Subcommand> commands = Subcommands();
      const auto named = std::find_if(commands.begin(), commands.end(), [&](const Subcommand& one) {
        return one.name == app.remaining().front();
      });
      if (named != commands.end()) {
        return WrongUse(fmt::format("'{}' comes first, its options behind it", named->name));
      }
      return WrongUse("put '--' before the command to record");
    }
    return WrongUse(fmt::format("unknown option '{}'", app.remaining().front()));
  } catch (const CLI::ParseError& error) {
    return WrongUse(error.what());
  }
  RecordCommand command{.options = std::move(parsed.options)};
  RecorderOptions& options = command.options;
  if (const auto wrong = CheckDryRun(options, parsed)) return WrongUse(*wrong);
  if (!options.attach.empty()) {
    if (const auto wrong = CheckAttach(options, parsed, separator != arguments.end())) {
      return WrongUse(*wrong);
    }
    SetAttach(parsed, options);
  } else if (separator == arguments.end() || separator + 1 == arguments.end()) {
    return WrongUse("no command to record");
  } else {
    options.command.assign(separator + 1, arguments.end());
  }
  options.source = *ParseSource(parsed.source);
  if (const auto share = ParsePercent(parsed.max_overhead)) options.max_overhead = *share;
  options.stack_depth = *ParseStacks(parsed.stacks);
  if (*parsed.page_nodes_option) {
    // Without a value the parser makes it 0, which cannot be given.
    const double seconds = parsed.page_nodes_seconds != 0 ? parsed.page_nodes_seconds : 1;
    options.page_nodes_ns = static_cast<std::uint64_t>(seconds * 1e9);
  }
  if (absl::Status status = SetEvents(parsed, options); !status.ok()) {
    return WrongUse(base::Message(status));
  }
  auto placement = ReadPlacement(parsed.placement, ReadEarlierVariables());
  if (!placement.ok()) return WrongUse(base::Message(placement.status()));
  options.placement = *std::move(placement);
  if (parsed.force) options.existing_file = recorder::ExistingFile::kReplace;
  if (parsed.no_allocations) options.allocations = recorder::AllocationTracing::kOff;
  if (parsed.verbose) command.verbosity = Verbosity::kVerbose;
  if (parsed.quiet) command.verbosity = Verbosity::kQuiet;
  return command;
}

}  // namespace heimdallr::cli
