#include "recorder/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/syscall_error.h"

namespace heimdallr::recorder {
namespace {

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
constexpr std::array kForwarded = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                   SIGUSR1, SIGUSR2, SIGALRM, SIGCONT};

}  // namespace

absl::StatusOr<SignalGate> SignalGate::Open() {
  sigset_t gated;
  sigemptyset(&gated);
  sigaddset(&gated, SIGCHLD);
  for (const int signal : kForwarded) sigaddset(&gated, signal);
  SignalGate gate;
  gate.fd_ = base::UniqueFd(signalfd(-1, &gated, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!gate.fd_.valid()) return base::SyscallError(errno, "cannot receive signals (signalfd)");

  sigprocmask(SIG_BLOCK, &gated, &gate.original_mask_);
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    if (std::signal(signal, SIG_IGN) != SIG_IGN) gate.newly_ignored_.push_back(signal);
  }
  if (std::signal(SIGCHLD, SIG_DFL) == SIG_IGN) gate.no_longer_ignored_.push_back(SIGCHLD);
  return gate;
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

void SignalGate::Discard() {
  signalfd_siginfo info{};
  while (read(fd_.get(), &info, sizeof info) == sizeof info) continue;
}

bool SignalGate::TakeEnd() {
  signalfd_siginfo info{};
  bool ends = false;
  while (read(fd_.get(), &info, sizeof info) == sizeof info) {
    ends |= std::find(kEnding.begin(), kEnding.end(), static_cast<int>(info.ssi_signo)) !=
            kEnding.end();
  }
  return ends;
}

bool SignalGate::EndIsPending() {
  sigset_t pending;
  sigpending(&pending);
  for (const int signal : kEnding) {
    if (sigismember(&pending, signal) == 1) return true;
  }
  return false;
}

}  // namespace heimdallr::recorder
