// What this folder asks of the machine, gathered so that tests can answer instead.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "base/mapped_region.h"

namespace heimdallr::perf {

/// Calls and files of the running system; made by default, the real ones.
struct System {
  System();

  /// perf_event_open(2); `group` is the descriptor of the leader, or -1. Returns the descriptor or
  /// -errno. E2BIG may change `attributes.size`.
  std::function<int(perf_event_attr& attributes, pid_t pid, int cpu, int group,
                    unsigned long flags)>
      open_event;
  /// ioctl(2) of an event: what it returns, or -errno.
  std::function<int(int fd, unsigned long request, std::uintptr_t argument)> control;
  /// read(2) of an event: bytes read, or -errno.
  std::function<std::ptrdiff_t(int fd, std::span<std::uint64_t> words)> read_count;
  /// mmap(2) of an event's ring (`offset` 0) or AUX area, for reading and writing. `what` names it
  /// in errors, which are those of base::MappedRegion::Map.
  std::function<absl::StatusOr<base::MappedRegion>(int fd, std::size_t bytes, std::uint64_t offset,
                                                   std::string_view what)>
      map;
  /// Raises the soft limit of open files to the hard one. False when it is there already.
  std::function<bool()> raise_file_limit;
  std::string proc_root = "/proc";
  std::string sys_root = "/sys";
};

/// Lives as long as the program.
[[nodiscard]] const System& RealSystem();

/// /proc/sys/kernel/perf_event_paranoid; nothing when the kernel has no perf events.
[[nodiscard]] std::optional<int> ParanoidLevel(const System& system);

/// /proc/sys/kernel/perf_event_max_sample_rate in Hz. The kernel lowers it at run time.
[[nodiscard]] std::optional<std::uint64_t> MaxSampleRateHz(const System& system);

/// /proc/sys/kernel/perf_event_mlock_kb: ring memory a user may have on each CPU.
[[nodiscard]] std::optional<std::uint64_t> MlockBudgetKb(const System& system);

/// CPUs that run, ascending: /sys/devices/system/cpu/online. DataLoss when the list makes no sense.
[[nodiscard]] absl::StatusOr<std::vector<int>> OnlineCpus(const System& system);

/// Parses a kernel list of numbers such as "0-3,8,10-11". Nothing when it makes no sense.
[[nodiscard]] std::optional<std::vector<int>> ParseCpuList(std::string_view text);

}  // namespace heimdallr::perf
