#include "sweep/sweep.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "sweep/kept_run.h"

namespace heimdallr::sweep {
namespace {

// Receives the signals that end a sweep as long as it lives.
class EndSignals {
 public:
  static absl::StatusOr<EndSignals> Open() {
    sigset_t watched;
    sigemptyset(&watched);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&watched, signal);
    base::UniqueFd fd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd.valid()) return base::SyscallError(errno, "cannot receive signals (signalfd)");
    sigset_t original;
    sigprocmask(SIG_BLOCK, &watched, &original);
    return EndSignals(std::move(fd), original);
  }

  EndSignals(EndSignals&&) noexcept = default;
  EndSignals& operator=(EndSignals&&) = delete;
  ~EndSignals() {
    if (fd_.valid()) sigprocmask(SIG_SETMASK, &original_, nullptr);
  }

  struct Signal {
    int number = 0;           // 0 = none has come
    bool by_process = false;  // and not by a terminal
  };
  Signal Take() {
    signalfd_siginfo info{};
    if (read(fd_.get(), &info, sizeof info) != sizeof info) return {};
    return {.number = static_cast<int>(info.ssi_signo), .by_process = info.ssi_code <= 0};
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const sigset_t& original_mask() const { return original_; }

 private:
  EndSignals(base::UniqueFd fd, const sigset_t& original)
      : fd_(std::move(fd)), original_(original) {}

  base::UniqueFd fd_;
  sigset_t original_;
};

std::vector<std::string> ArgumentsOf(const SweepState& state, const Run& run,
                                     const RunFiles& files) {
  std::vector<std::string> arguments = state.plan.modes[run.what.mode].options;
  // Only warnings and errors: it goes into the workload's own standard error.
  arguments.emplace_back("--quiet");
  const Workload& workload = state.plan.workloads[run.what.workload];
  if (workload.exit_status != 0) {
    arguments.push_back(fmt::format("--success-status={}", workload.exit_status));
  }
  std::string pattern;
  for (const char c : files.partial_trace) pattern += c == '%' ? "%%" : std::string(1, c);
  arguments.push_back("--output=" + pattern);
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), workload.command.begin(), workload.command.end());
  return arguments;
}

Environment EnvironmentOf(const SweepState& state, const Run& run) {
  Environment environment = state.plan.modes[run.what.mode].environment;
  environment.insert(state.plan.workloads[run.what.workload].environment.begin(),
                     state.plan.workloads[run.what.workload].environment.end());
  return environment;
}

class Runner {
 public:
  Runner(const ResultFolder& folder, const SweepOptions& options, const SweepListener& listener,
         SweepState& state, EndSignals signals)
      : folder_(folder),
        options_(options),
        listener_(listener),
        state_(state),
        signals_(std::move(signals)) {}

  absl::StatusOr<int> RunAll() {
    for (std::size_t i = 0; i < state_.runs.size(); ++i) {
      if (IsResult(state_.runs[i].state)) continue;
      if (const auto signal = signals_.Take(); signal.number != 0) return signal.number;
      RETURN_IF_ERROR(RunOne(i));
      if (ended_by_ != 0) return ended_by_;
    }
    return 0;
  }

 private:
  absl::Status RunOne(std::size_t index) {
    Run& run = state_.runs[index];
    const RunFiles files = folder_.FilesOf(state_, run);
    RETURN_IF_ERROR(folder_.Prepare(files));
    run = {.what = run.what,
           .state = RunState::kRunning,
           .reason = {},
           .start_realtime_ns = base::RealtimeNs(),
           .load = ReadLoad(options_.root),
           .session = static_cast<std::uint32_t>(state_.sessions.size() - 1)};
    RETURN_IF_ERROR(folder_.Save(state_));
    if (listener_.started) listener_.started(index);
    const std::uint64_t start_ns = base::MonotonicNs();
    ASSIGN_OR_RETURN(const RunReport report, Execute(index, files));
    run.wall_ns = base::MonotonicNs() - start_ns;
    if (report.interrupted || (ended_by_ != 0 && !report.kept_to_end)) {
      // Another signal than ours may have ended it: somebody wanted the whole to end.
      if (ended_by_ == 0) ended_by_ = SIGTERM;
      unlink(files.partial_trace.c_str());
      run = {.what = run.what};
      return folder_.Save(state_);
    }
    Judge(report, state_.plan.workloads[run.what.workload].exit_status, run);
    return Keep(index, files);
  }

  // The result is written down before the trace has its name; see ResultFolder::Recover.
  absl::Status Keep(std::size_t index, const RunFiles& files) {
    Run& run = state_.runs[index];
    if (IsResult(run.state) && access(files.partial_trace.c_str(), F_OK) != 0) {
      run.state = RunState::kNotRecorded;
      run.reason = "heimdallr left no trace";
    }
    if (IsResult(run.state)) RETURN_IF_ERROR(folder_.Secure(files));
    RETURN_IF_ERROR(folder_.Save(state_));
    if (IsResult(run.state)) RETURN_IF_ERROR(folder_.Finish(files));
    if (listener_.ended) listener_.ended(index);
    return absl::OkStatus();
  }

  absl::StatusOr<RunReport> Execute(std::size_t index, const RunFiles& files) {
    const Run& run = state_.runs[index];
    const RunRequest request{.program = options_.program,
                             .arguments = ArgumentsOf(state_, run, files),
                             .environment = EnvironmentOf(state_, run),
                             .folder = state_.plan.workloads[run.what.workload].folder,
                             .output = files.output,
                             .errors = files.errors,
                             .timeout_seconds = state_.plan.timeout_seconds,
                             .signal_mask = signals_.original_mask()};
    ASSIGN_OR_RETURN(KeptRun kept, KeptRun::Start(request));
    const std::uint64_t start_ns = base::MonotonicNs();
    // One that came just before is not known to the keeper, wherever it is from.
    PassOn(kept, Which::kAll);
    while (true) {
      std::array<pollfd, 2> ready{{{.fd = kept.fd(), .events = POLLIN, .revents = 0},
                                   {.fd = signals_.fd(), .events = POLLIN, .revents = 0}}};
      const auto tick = static_cast<int>(listener_.tick.count());
      poll(ready.data(), ready.size(), tick > 0 && listener_.ticked ? tick : -1);
      if (ready[1].revents != 0) PassOn(kept, Which::kOfProcesses);
      if (ready[0].revents != 0 && !kept.Read()) return kept.Finish();
      if (listener_.ticked) {
        listener_.ticked(index, static_cast<double>(base::MonotonicNs() - start_ns) / 1e9);
      }
    }
  }

  enum class Which { kAll, kOfProcesses };

  void PassOn(const KeptRun& kept, Which which) {
    while (true) {
      const auto signal = signals_.Take();
      if (signal.number == 0) return;
      if (ended_by_ == 0) ended_by_ = signal.number;
      // The keeper has those of a terminal already.
      if (signal.by_process || which == Which::kAll) kept.End(signal.number);
    }
  }

  const ResultFolder& folder_;
  const SweepOptions& options_;
  const SweepListener& listener_;
  SweepState& state_;
  EndSignals signals_;
  int ended_by_ = 0;
};

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

}  // namespace

absl::StatusOr<int> RunSweep(const ResultFolder& folder, const SweepOptions& options,
                             const SweepListener& listener, SweepState& state) {
  ASSIGN_OR_RETURN(EndSignals signals, EndSignals::Open());
  return Runner(folder, options, listener, state, std::move(signals)).RunAll();
}

void Judge(const RunReport& report, int expected_exit_status, Run& run) {
  run.exit_status = report.exit_status;
  run.signal = report.signal;
  run.left_behind = report.left_behind;
  if (report.wall_ns != 0) run.wall_ns = report.wall_ns;
  if (report.timed_out) {
    run.state = RunState::kTimedOut;
    run.reason = "it took longer than the timeout allows";
  } else if (!report.failure.empty()) {
    run.state = RunState::kNotRecorded;
    run.reason = report.failure;
  } else if (report.signal != 0) {
    run.state = RunState::kCrashed;
    run.reason = fmt::format("{} ended it", SignalText(report.signal));
  } else if (!report.exit_status) {
    run.state = RunState::kNotRecorded;
    run.reason = report.recorder_signal != 0
                     ? fmt::format("{} ended heimdallr", SignalText(report.recorder_signal))
                 : report.kept_to_end ? "heimdallr did not say how it ended"
                                      : "the process that watched it was killed";
  } else if (*report.exit_status == expected_exit_status) {
    run.state = RunState::kDone;
    run.reason.clear();
  } else {
    run.state = RunState::kFailed;
    run.reason = fmt::format("exit status {}", *report.exit_status);
    if (expected_exit_status != 0)
      run.reason += fmt::format(" instead of {}", expected_exit_status);
  }
}

}  // namespace heimdallr::sweep
