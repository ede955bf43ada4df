#include "recorder/heap_probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/printable.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "base/unique_fd.h"
#include "channel/abi.h"
#include "process/held_process.h"
#include "recorder/heap_probe_status.h"
#include "recorder/interposition.h"

namespace heimdallr::recorder {
namespace {

constexpr std::uint64_t kPatienceNs = 10'000'000'000;
constexpr std::size_t kMostText = 4096;

// What `fd` gives until its end; less when that takes too long.
struct Said {
  std::string text;
  bool ended = false;
};
Said ReadUntilEnd(int fd) {
  Said said;
  const std::uint64_t deadline = base::MonotonicNs() + kPatienceNs;
  for (std::uint64_t now = base::MonotonicNs(); now < deadline; now = base::MonotonicNs()) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>((deadline - now) / 1'000'000) + 1) <= 0) continue;
    std::array<char, 1024> buffer{};
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      said.ended = true;
      return said;
    }
    if (said.text.size() < kMostText)
      said.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return said;
}

std::string_view LastLine(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

// libheimdallr-memkind.so writes "... cannot be had: REASON. Every allocation ...".
std::string Reason(std::string_view said) {
  constexpr std::string_view kBegin = "cannot be had: ";
  constexpr std::string_view kEnd = ". Every ";
  const std::size_t begin = said.find(kBegin);
  if (begin == std::string_view::npos) return base::Printable(LastLine(said));
  said.remove_prefix(begin + kBegin.size());
  return base::Printable(said.substr(0, said.find(kEnd)));
}

absl::Status Judge(const AskedHeap& heap, int status, const Said& said) {
  std::string why;
  if (!said.ended) {
    why = "memkind gave no answer within 10 s";
  } else if (WIFSIGNALED(status)) {
    why = fmt::format("memkind ends programs here (signal {}): {}", WTERMSIG(status),
                      Reason(said.text));
  } else if (WEXITSTATUS(status) == kHeapServes) {
    return absl::OkStatus();
  } else if (WEXITSTATUS(status) == kHeapLibraryMissing) {
    why = fmt::format("libheimdallr-memkind.so was not loaded: {}", Reason(said.text));
  } else {
    why = Reason(said.text);
    if (why.empty()) why = "there is no room for the smallest block";
    if (!heap.advice.empty()) why += fmt::format(" ({})", heap.advice);
  }
  return absl::FailedPreconditionError(fmt::format("{}: {}", heap.name, why));
}

}  // namespace

absl::Status TryHeap(const AskedHeap& heap, const HeapProbe& probe) {
  std::vector<std::string> environment = probe.environment;
  std::erase_if(environment, [](const std::string& entry) {
    return entry.starts_with("LD_PRELOAD=");  // what others preload is not the question
  });
  ASSIGN_OR_RETURN(
      environment,
      InterposedEnvironment(
          std::move(environment),
          {.libraries = {probe.memory_library},
           .settings = {fmt::format("{}={}", channel::kMemoryVariable, heap.strict_setting)}}));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::SyscallError(errno, "cannot make a pipe");
  const base::UniqueFd read_end(ends[0]);
  base::UniqueFd write_end(ends[1]);
  process::LaunchOptions launch{.command = {probe.program},
                                .environment = std::move(environment),
                                .placement = probe.placement,
                                .standard_error = write_end.get()};
  sigemptyset(&launch.signal_mask);
  ASSIGN_OR_RETURN(process::HeldProcess child, process::HeldProcess::Start(launch));
  RETURN_IF_ERROR(child.Release());
  write_end = base::UniqueFd();
  const Said said = ReadUntilEnd(read_end.get());
  if (!said.ended) kill(child.pid(), SIGKILL);
  int status = 0;
  while (waitpid(child.pid(), &status, 0) < 0 && errno == EINTR) {
  }
  return Judge(heap, status, said);
}

}  // namespace heimdallr::recorder
