// What the kernel says a process has used, from /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace heimdallr::process {

/// A look at a living (or not yet waited-for) process.
struct ProcessStatistics {
  std::uint64_t user_ns = 0;
  std::uint64_t system_ns = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t max_rss_bytes = 0;  ///< 0 once the process has given up its memory
  /// As wait(2) would give it, of a zombie that we may inspect.
  std::optional<int> exit_status;
  int parent_pid = 0;
  char state = '?';  ///< as in /proc/PID/stat: R, S, Z, ...
};

/// Parses the text of /proc/PID/stat; `ticks_per_second` is sysconf(_SC_CLK_TCK). nullopt when it
/// makes no sense.
[[nodiscard]] std::optional<ProcessStatistics> ParseStat(std::string_view stat,
                                                         std::uint64_t ticks_per_second);

/// "VmHWM" of the text of /proc/PID/status, in bytes; 0 when there is none.
[[nodiscard]] std::uint64_t ParsePeakRss(std::string_view status);

/// Reads both files. nullopt when the process has gone.
[[nodiscard]] std::optional<ProcessStatistics> ReadProcessStatistics(int pid);

}  // namespace heimdallr::process
