#include "preload/recorder_process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include "preload/channel_access.h"
#include "preload/monotonic.h"

namespace heimdallr::preload {
namespace {

struct Seen {
  char state = '\0';              // as ps(1) shows it
  std::uint64_t start_ticks = 0;  // since boot
};

// "/proc/PID/stat", without the formatted output of libc, which signal handlers may not use.
void FormatPath(std::uint32_t pid, char (&path)[32]) {
  char digits[10];
  int count = 0;
  for (; count == 0 || pid != 0; pid /= 10) digits[count++] = static_cast<char>('0' + pid % 10);
  char* end = stpcpy(path, "/proc/");
  while (count > 0) *end++ = digits[--count];
  strcpy(end, "/stat");
}

// The name of the program comes second, in parentheses, and may contain anything.
Seen Parse(const char* line) {
  constexpr int kFieldsToStart = 19;  // from the state on
  Seen seen;
  const char* at = strrchr(line, ')');
  if (at == nullptr || at[1] != ' ') return seen;
  at += 2;
  const char state = *at;
  for (int i = 0; i < kFieldsToStart; ++i) {
    at = strchr(at, ' ');
    if (at == nullptr) return seen;
    ++at;
  }
  for (; *at >= '0' && *at <= '9'; ++at) {
    seen.start_ticks = seen.start_ticks * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  seen.state = state;
  return seen;
}

// System calls by number: libc's are cancellation points.
Seen Look(std::uint32_t pid) {
  char path[32];
  FormatPath(pid, path);
  const long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char line[1024];
  const long bytes = syscall(SYS_read, fd, line, sizeof(line) - 1);
  syscall(SYS_close, fd);
  if (bytes <= 0) return {};
  line[bytes] = '\0';
  return Parse(line);
}

// Start times count the time the machine was suspended, the channel's clock does not.
std::uint64_t StartNs(std::uint64_t ticks) {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const std::uint64_t since_boot = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                                   static_cast<std::uint64_t>(now.tv_nsec);
  const std::uint64_t suspended = since_boot - MonotonicNs();
  const std::uint64_t ticks_per_second = getauxval(AT_CLKTCK);
  if (ticks_per_second == 0) return ~std::uint64_t{0};
  const std::uint64_t start = ticks * (1'000'000'000 / ticks_per_second);
  return start > suspended ? start - suspended : 0;
}

}  // namespace

bool RecorderCanRun() {
  const channel::ChannelHeader& header = *g_channel.header;
  if (!g_channel.recorder_visible || header.recorder_pid <= 0) return false;
  const Seen seen = Look(static_cast<std::uint32_t>(header.recorder_pid));
  if (seen.state == '\0' || seen.state == 'Z' || seen.state == 'X' || seen.state == 'x') {
    return false;
  }
  // A process that started after the recorder's last round has taken over its id.
  return StartNs(seen.start_ticks) <= header.heartbeat_ns.load(std::memory_order_relaxed);
}

}  // namespace heimdallr::preload
