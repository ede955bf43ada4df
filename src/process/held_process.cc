#include "process/held_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"

namespace heimdallr::process {
namespace {

struct Pipe {
  base::UniqueFd read;
  base::UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::SyscallError(errno, "cannot make a pipe");
  return Pipe{base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& s : strings) pointers.push_back(const_cast<char*>(s.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Of a pipe that has all of it or nothing.
template <typename T>
ssize_t ReadWhole(int fd, T& value) {
  ssize_t got;
  do {
    got = read(fd, &value, sizeof value);
  } while (got < 0 && errno == EINTR);
  return got;
}

// Runs in the child. Never returns.
[[noreturn]] void WaitAndExecute(const LaunchOptions& options, const PreparedPlacement& placement,
                                 char* const* arguments, char* const* environment, int go,
                                 int failure) {
  const PreparedPlacement::Failure placed = placement.Apply();
  if (write(failure, &placed, sizeof placed) != sizeof placed || placed.error != 0) _exit(125);
  char byte;
  if (ReadWhole(go, byte) != 1) _exit(125);

  for (const int signal : options.default_signals) std::signal(signal, SIG_DFL);
  for (const int signal : options.ignored_signals) std::signal(signal, SIG_IGN);
  sigprocmask(SIG_SETMASK, &options.signal_mask, nullptr);
  if (options.standard_error >= 0) dup2(options.standard_error, STDERR_FILENO);
  execvpe(arguments[0], arguments, environment);

  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &error, sizeof error);
  _exit(error == ENOENT ? 127 : 126);
}

// Whatever the child does just then, it is gone afterwards.
void EndChild(pid_t pid) {
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

HeldProcess::HeldProcess(pid_t pid, base::UniqueFd go, base::UniqueFd failure, std::string program)
    : pid_(pid), go_(std::move(go)), failure_(std::move(failure)), program_(std::move(program)) {}

absl::StatusOr<HeldProcess> HeldProcess::Start(const LaunchOptions& options) {
  ASSIGN_OR_RETURN(Pipe go, MakePipe());
  ASSIGN_OR_RETURN(Pipe failure, MakePipe());
  const std::vector<char*> arguments = Pointers(options.command);
  const std::vector<char*> environment = Pointers(options.environment);
  const PreparedPlacement placement(options.placement);

  const pid_t pid = fork();
  if (pid < 0) return base::SyscallError(errno, "cannot start a process for the workload");
  if (pid == 0) {
    // The child must not keep the end that releases it, or it would never see its parent die.
    close(go.write.get());
    WaitAndExecute(options, placement, arguments.data(), environment.data(), go.read.get(),
                   failure.write.get());
  }
  failure.write = base::UniqueFd();  // or its end would never be seen
  HeldProcess child(pid, std::move(go.write), std::move(failure.read), options.command.front());
  if (const absl::Status status = child.AwaitPlacement(); !status.ok()) {
    EndChild(pid);
    return status;
  }
  return child;
}

absl::Status HeldProcess::AwaitPlacement() const {
  PreparedPlacement::Failure failure;
  const ssize_t got = ReadWhole(failure_.get(), failure);
  if (got == sizeof failure) return PreparedPlacement::Explain(failure);
  return base::SyscallError(got < 0 ? errno : ECHILD, "the process for the workload has gone");
}

absl::Status HeldProcess::Release() {
  const char byte = 1;
  ssize_t done;
  do {
    done = write(go_.get(), &byte, 1);
  } while (done < 0 && errno == EINTR);
  if (done != 1) {
    const int error = done < 0 ? errno : EIO;
    EndChild(pid_);
    return base::SyscallError(error, fmt::format("cannot release '{}'", program_));
  }
  go_ = base::UniqueFd();

  int error = 0;
  done = ReadWhole(failure_.get(), error);
  if (done == 0) return absl::OkStatus();  // closed by a successful exec
  if (done == sizeof error && error != 0) {
    EndChild(pid_);
    return base::SyscallError(error, fmt::format("cannot run '{}'", program_));
  }
  // Whether the program runs is not known: then it must not.
  error = done < 0 ? errno : EIO;
  EndChild(pid_);
  return base::SyscallError(error, fmt::format("cannot learn whether '{}' runs", program_));
}

}  // namespace heimdallr::process
