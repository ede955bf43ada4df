#include "sweep/run_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/syscall_error.h"
#include "base/unique_fd.h"
#include "sweep/process_tree.h"

namespace heimdallr::sweep {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
// From being asked to end to being killed.
constexpr std::uint64_t kWorkloadMayEnd = 5 * kSecond;
// heimdallr names functions and variables when the workload has ended.
constexpr std::uint64_t kTraceMayBeFinished = 30 * kSecond;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr int kCannotStart = 125;

[[noreturn]] void GiveUp(int report_fd, std::string_view what, int error) {
  Tell(report_fd, FailureLine(base::Message(base::SyscallError(error, what))));
  _exit(kCannotStart);
}

// Opens `path` as the descriptor `target` of a process that is about to become another program.
void OpenAs(int target, const std::string& path, int flags, int report_fd) {
  const base::UniqueFd fd(open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (!fd.valid()) GiveUp(report_fd, fmt::format("cannot write '{}'", path), errno);
  dup2(fd.get(), target);
}

// In the child that becomes the program.
[[noreturn]] void Become(const RunRequest& request, pid_t keeper, int report_fd) {
  // Should the keeper be killed; heimdallr passes it on.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != keeper) _exit(kCannotStart);
  constexpr int kAnew = O_WRONLY | O_CREAT | O_TRUNC;
  OpenAs(STDIN_FILENO, "/dev/null", O_RDONLY, report_fd);
  OpenAs(STDOUT_FILENO, request.output, kAnew, report_fd);
  OpenAs(STDERR_FILENO, request.errors, kAnew, report_fd);
  if (chdir(request.folder.c_str()) != 0) {
    GiveUp(report_fd, fmt::format("cannot run in folder '{}'", request.folder), errno);
  }
  for (const auto& [name, value] : request.environment) setenv(name.c_str(), value.c_str(), 1);

  // The descriptor goes on into heimdallr, which keeps it from the workload.
  fcntl(report_fd, F_SETFD, 0);
  std::vector<std::string> words = {"heimdallr", fmt::format("{}{}", kReportArgument, report_fd)};
  words.insert(words.end(), request.arguments.begin(), request.arguments.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &request.signal_mask, nullptr);
  execv(request.program.c_str(), arguments.data());
  GiveUp(report_fd, fmt::format("cannot execute '{}'", request.program), errno);
}

class Keeper {
 public:
  Keeper(const RunRequest& request, int report_fd, base::UniqueFd signals, pid_t program)
      : report_fd_(report_fd), signals_(std::move(signals)), program_(program) {
    if (request.timeout_seconds) {
      const double timeout_ns = *request.timeout_seconds * 1e9;
      deadline_ = base::MonotonicNs() + static_cast<std::uint64_t>(timeout_ns);
    }
  }

  void Run() {
    while (!ended_) {
      Wait();
      TakeSignals();
      if (!ended_ && base::MonotonicNs() >= deadline_) NextStep();
    }
    const std::size_t left_behind = KillDescendantsOf(getpid(), program_);
    Tell(report_fd_, EndLine(WIFSIGNALED(status_) ? WTERMSIG(status_) : 0, left_behind));
  }

 private:
  enum class Step { kRunning, kAskedToEnd, kWorkloadKilled };

  void Wait() const {
    int timeout_ms = -1;
    if (deadline_ != kNever) {
      const std::uint64_t now = base::MonotonicNs();
      // Rounded up: not to wake just before it.
      const std::uint64_t left = deadline_ > now ? (deadline_ - now) / 1'000'000 + 1 : 0;
      timeout_ms = static_cast<int>(std::min<std::uint64_t>(left, 1'000'000'000));
    }
    pollfd one{.fd = signals_.get(), .events = POLLIN, .revents = 0};
    poll(&one, 1, timeout_ms);
  }

  void TakeSignals() {
    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof info) == sizeof info) {
      const int signal = static_cast<int>(info.ssi_signo);
      if (signal == SIGCHLD) {
        Reap();
        continue;
      }
      // A number above 0 is the kernel's: a terminal, whose signal everyone has got.
      if (info.ssi_code <= 0 && !ended_) kill(program_, signal);
      if (!interrupted_) Tell(report_fd_, InterruptedLine());
      interrupted_ = true;
      if (step_ == Step::kRunning) Enter(Step::kAskedToEnd, kWorkloadMayEnd);
    }
  }

  // Also of orphans of the workload, which this process inherits.
  void Reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid != program_) continue;
      ended_ = true;
      status_ = status;
    }
  }

  void NextStep() {
    switch (step_) {
      case Step::kRunning:
        TimeIsUp();
        return;
      case Step::kAskedToEnd:
        KillDescendantsOf(getpid(), program_);
        Enter(Step::kWorkloadKilled, kTraceMayBeFinished);
        return;
      case Step::kWorkloadKilled:
        kill(program_, SIGKILL);
        deadline_ = kNever;
        return;
    }
  }

  void TimeIsUp() {
    if (DescendantsOf(getpid(), program_).empty()) {
      Enter(Step::kWorkloadKilled, kTraceMayBeFinished);
      return;
    }
    Tell(report_fd_, TimedOutLine());
    kill(program_, SIGTERM);
    Enter(Step::kAskedToEnd, kWorkloadMayEnd);
  }

  void Enter(Step step, std::uint64_t may_take_ns) {
    step_ = step;
    deadline_ = base::MonotonicNs() + may_take_ns;
  }

  int report_fd_;
  base::UniqueFd signals_;
  pid_t program_;
  Step step_ = Step::kRunning;
  std::uint64_t deadline_ = kNever;
  bool interrupted_ = false;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace

void KeepRun(const RunRequest& request, pid_t sweep, int report_fd) {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&watched, signal);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  base::UniqueFd signals(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) GiveUp(report_fd, "cannot receive signals (signalfd)", errno);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != sweep) _exit(kCannotStart);
  // Orphans of the workload become children of this process, so that none is overlooked.
  prctl(PR_SET_CHILD_SUBREAPER, 1);

  const pid_t self = getpid();
  const pid_t program = fork();
  if (program < 0) GiveUp(report_fd, "cannot start a process (fork)", errno);
  if (program == 0) Become(request, self, report_fd);
  Keeper(request, report_fd, std::move(signals), program).Run();
  _exit(0);
}

}  // namespace heimdallr::sweep
