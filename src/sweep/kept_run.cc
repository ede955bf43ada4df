#include "sweep/kept_run.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/syscall_error.h"
#include "sweep/run_keeper.h"

namespace heimdallr::sweep {

absl::StatusOr<KeptRun> KeptRun::Start(const RunRequest& request) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return base::SyscallError(errno, "cannot make a pipe");
  base::UniqueFd reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  const pid_t self = getpid();
  const pid_t keeper = fork();
  if (keeper < 0) return base::SyscallError(errno, "cannot start a process (fork)");
  if (keeper == 0) {
    reading = base::UniqueFd();
    KeepRun(request, self, writing.get());
  }
  return KeptRun(keeper, std::move(reading));
}

KeptRun::~KeptRun() {
  if (!report_.valid()) return;
  End(SIGTERM);
  while (Read()) continue;
  (void)Finish();
}

bool KeptRun::Read() {
  std::array<char, 4096> part{};
  const ssize_t length = read(report_.get(), part.data(), part.size());
  if (length < 0) return errno == EINTR;
  text_.append(part.data(), static_cast<std::size_t>(length));
  return length != 0;
}

void KeptRun::End(int signal) const { kill(keeper_, signal); }

RunReport KeptRun::Finish() {
  report_ = base::UniqueFd();
  while (waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) continue;
  return ParseRunReport(text_);
}

}  // namespace heimdallr::sweep
