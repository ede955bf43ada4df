#include "cli/sweep_command.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>
#include <variant>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "cli/program_log.h"
#include "cli/sweep_options.h"
#include "cli/sweep_progress.h"
#include "cli/version.h"
#include "sweep/machine.h"
#include "sweep/result_folder.h"
#include "sweep/shell_words.h"
#include "sweep/sweep.h"

namespace heimdallr::cli {
namespace {

using sweep::ResultFolder;
using sweep::SweepState;

constexpr int kSweepFailed = 125;
constexpr int kSomeNotDone = 1;
// The same program, also when its file is replaced meanwhile.
constexpr char kThisProgram[] = "/proc/self/exe";

std::string ResumeCommand(const std::string& folder) {
  return "heimdallr sweep --resume " + sweep::JoinShellWords({folder});
}

bool SameMachine(const sweep::Session& a, const sweep::Session& b) {
  return a.version == b.version && a.machine.host == b.machine.host &&
         a.machine.kernel == b.machine.kernel && a.machine.processor == b.machine.processor;
}

// Notes where and when, and says what makes timings lie.
void BeginSession(SweepState& state) {
  sweep::Session session{.start_realtime_ns = base::RealtimeNs(),
                         .version = kVersion,
                         .machine = sweep::ReadMachine(""),
                         .warnings = {}};
  session.warnings = sweep::WarningsOf(session.machine, state.plan);
  if (!state.sessions.empty() && !SameMachine(state.sessions.back(), session)) {
    session.warnings.emplace_back(
        "the runs before were made by another version of heimdallr, or on another machine, kernel "
        "or processor: do not compare their times");
  }
  for (const std::string& warning : session.warnings) spdlog::warn("{}", warning);
  state.sessions.push_back(std::move(session));
}

absl::StatusOr<SweepState> NewState(const ResultFolder& folder, const SweepCommand& command) {
  if (ResultFolder::HasSweep(folder.path())) {
    return absl::AlreadyExistsError(
        fmt::format("there is a sweep in folder '{0}'. Choose another folder, or go on with it: "
                    "heimdallr sweep --resume {1}",
                    command.folder, sweep::JoinShellWords({command.folder})));
  }
  SweepState state = sweep::NewSweep(command.plan);
  RETURN_IF_ERROR(folder.CheckFree(state));
  return state;
}

absl::StatusOr<SweepState> OldState(const SweepCommand& command) {
  if (!ResultFolder::HasSweep(command.folder)) {
    return absl::NotFoundError(
        fmt::format("there is no sweep in folder '{}' to resume", command.folder));
  }
  ASSIGN_OR_RETURN(SweepState state, ResultFolder::Load(command.folder));
  const std::string difference =
      command.plan_given ? sweep::Difference(state.plan, command.plan) : "";
  if (difference.empty()) return state;
  return absl::FailedPreconditionError(
      fmt::format("the sweep in folder '{}' has another plan: {}. Leave the plan out to go on with "
                  "its own, or choose another folder",
                  command.folder, difference));
}

// Of a sweep that was killed the last run may still be ending.
absl::StatusOr<ResultFolder> OpenToResume(const std::string& path) {
  auto folder = ResultFolder::Open(path, ResultFolder::WhenLocked::kFail);
  if (folder.ok() || !absl::IsFailedPrecondition(folder.status())) return folder;
  spdlog::info("waiting for a sweep that works in folder '{}', or its last run, to end", path);
  return ResultFolder::Open(path, ResultFolder::WhenLocked::kWait);
}

void List(const SweepState& state) {
  std::size_t name_width = 0;
  for (const sweep::Run& run : state.runs) {
    name_width = std::max(name_width, sweep::RunId(state.plan, run.what).size());
  }
  const std::size_t digits = std::to_string(state.runs.size()).size();
  for (std::size_t i = 0; i < state.runs.size(); ++i) {
    const sweep::Run& run = state.runs[i];
    if (sweep::IsResult(run.state)) continue;
    fmt::print("{:>{}}  {:<{}}  {}\n", i + 1, digits, sweep::RunId(state.plan, run.what),
               name_width, run.what.repetition);
  }
}

int ListPlan(const SweepCommand& command) {
  if (command.action == SweepAction::kListPlan) {
    const SweepState state = sweep::NewSweep(command.plan);
    if (!command.plan.seed) {
      spdlog::info("the seed {} was drawn; --seed gives this order again", *state.plan.seed);
    }
    List(state);
    return 0;
  }
  const auto state = OldState(command);
  if (!state.ok()) {
    spdlog::error("{}", base::Message(state.status()));
    return kSweepFailed;
  }
  List(*state);
  return 0;
}

void SayWhatComes(const SweepCommand& command, const SweepState& state) {
  const auto missing = std::count_if(state.runs.begin(), state.runs.end(),
                                     [](const auto& run) { return !sweep::IsResult(run.state); });
  spdlog::info("{} of {} runs to come ({} modes x {} workloads x {}), order by seed {}", missing,
               state.runs.size(), state.plan.modes.size(), state.plan.workloads.size(),
               state.plan.repetitions, *state.plan.seed);
  spdlog::info(
      "results in {0}/WORKLOAD.MODE: N.htrace, and N.out and N.err with what the workload wrote; "
      "{0}/sweep.json has the state",
      command.folder);
}

int SayHowItEnded(const SweepCommand& command, const SweepState& state, int signal) {
  const std::string totals = SweepTotals(state);
  if (signal != 0) {
    spdlog::warn("ended by SIG{} ({}); go on with: {}", sigabbrev_np(signal), totals,
                 ResumeCommand(command.folder));
    return 128 + signal;
  }
  const std::string folder = sweep::JoinShellWords({command.folder});
  spdlog::info("{}; look at them with: trace-dump stat {}", totals, folder);
  const auto has = [&](sweep::RunState wanted) {
    return std::any_of(state.runs.begin(), state.runs.end(),
                       [&](const auto& run) { return run.state == wanted; });
  };
  if (has(sweep::RunState::kNotRecorded)) {
    spdlog::warn("repeat what was not recorded with: {}", ResumeCommand(command.folder));
  }
  const bool all_done = std::all_of(state.runs.begin(), state.runs.end(), [](const auto& run) {
    return run.state == sweep::RunState::kDone;
  });
  return all_done ? 0 : kSomeNotDone;
}

absl::StatusOr<int> Execute(const SweepCommand& command, const ResultFolder& folder,
                            SweepState state) {
  BeginSession(state);
  SayWhatComes(command, state);
  RETURN_IF_ERROR(folder.Save(state));
  SweepProgress progress(command.verbosity == Verbosity::kQuiet ? SweepProgress::Show::kNothing
                                                                : SweepProgress::Show::kAll,
                         state);
  const sweep::SweepListener listener{
      .started =
          [&](std::size_t index) {
            const sweep::PlannedRun& what = state.runs[index].what;
            spdlog::debug("{} {} starts: {} -- {}", sweep::RunId(state.plan, what), what.repetition,
                          sweep::JoinShellWords(state.plan.modes[what.mode].options),
                          sweep::JoinShellWords(state.plan.workloads[what.workload].command));
            progress.Tick(index, 0);
          },
      .ended = [&](std::size_t index) { progress.Ended(index); },
      .tick = progress.tick(),
      .ticked = [&](std::size_t index, double seconds) { progress.Tick(index, seconds); }};
  const auto signal =
      sweep::RunSweep(folder, {.program = kThisProgram, .root = ""}, listener, state);
  progress.Clear();
  if (!signal.ok()) {
    return absl::Status(signal.status().code(),
                        fmt::format("{}. When that is mended, go on with: {}",
                                    base::Message(signal.status()), ResumeCommand(command.folder)));
  }
  return SayHowItEnded(command, state, *signal);
}

absl::StatusOr<int> Run(const SweepCommand& command) {
  if (command.action == SweepAction::kRun) {
    RETURN_IF_ERROR(CheckModesHere(command.plan));
    ASSIGN_OR_RETURN(const ResultFolder folder,
                     ResultFolder::Open(command.folder, ResultFolder::WhenLocked::kFail));
    ASSIGN_OR_RETURN(SweepState state, NewState(folder, command));
    return Execute(command, folder, std::move(state));
  }
  // Looked at before anything is waited for or made.
  RETURN_IF_ERROR(OldState(command).status());
  ASSIGN_OR_RETURN(const ResultFolder folder, OpenToResume(command.folder));
  ASSIGN_OR_RETURN(SweepState state, OldState(command));
  RETURN_IF_ERROR(folder.Recover(state));
  return Execute(command, folder, std::move(state));
}

}  // namespace

int SweepMain(const std::vector<std::string>& arguments) {
  const auto parsed = ParseSweepCommand(arguments);
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::fputs(print->output.c_str(), stdout);
    std::fputs(print->error.c_str(), stderr);
    return print->exit_status;
  }
  const auto& command = std::get<SweepCommand>(parsed);
  SetUpLog(command.verbosity);
  if (command.action == SweepAction::kListPlan || command.action == SweepAction::kListMissing) {
    return ListPlan(command);
  }
  const auto status = Run(command);
  if (status.ok()) return *status;
  spdlog::error("{}", base::Message(status.status()));
  return kSweepFailed;
}

}  // namespace heimdallr::cli
