#include "recorder/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/syscall_error.h"

namespace heimdallr::recorder {
namespace {

constexpr std::array kForwarded = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                   SIGUSR1, SIGUSR2, SIGALRM, SIGCONT};

}  // namespace

SignalGate::SignalGate(base::UniqueFd fd, const sigset_t& original_mask,
                       std::vector<int> newly_ignored)
    : fd_(std::move(fd)), original_mask_(original_mask), newly_ignored_(std::move(newly_ignored)) {}

absl::StatusOr<SignalGate> SignalGate::Open() {
  sigset_t gated;
  sigemptyset(&gated);
  sigaddset(&gated, SIGCHLD);
  for (const int signal : kForwarded) sigaddset(&gated, signal);
  sigset_t original;
  sigprocmask(SIG_BLOCK, &gated, &original);

  std::vector<int> newly_ignored;
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    if (std::signal(signal, SIG_IGN) != SIG_IGN) newly_ignored.push_back(signal);
  }
  base::UniqueFd fd(signalfd(-1, &gated, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return base::SyscallError(errno, "cannot receive signals by descriptor");
  return SignalGate(std::move(fd), original, std::move(newly_ignored));
}

void SignalGate::Forward(pid_t target) {
  signalfd_siginfo info{};
  while (read(fd_.get(), &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    const bool by_process =
        info.ssi_code <= 0;  // SI_USER, SI_QUEUE, SI_TKILL; the kernel's are > 0
    const bool by_target = static_cast<pid_t>(info.ssi_pid) == target;
    if (signal != SIGCHLD && by_process && !by_target) kill(target, signal);
  }
}

}  // namespace heimdallr::recorder
