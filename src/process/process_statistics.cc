#include "process/process_statistics.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

#include "base/file.h"

namespace heimdallr::process {
namespace {

std::uint64_t Number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::optional<ProcessStatistics> ParseStat(std::string_view stat, std::uint64_t ticks_per_second) {
  // The second field, the command in parentheses, may itself hold spaces and parentheses.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size()) return std::nullopt;
  stat.remove_prefix(name_end + 2);

  // Fields from number 3 to 52 (exit_code, the last), as proc(5) counts them.
  std::array<std::string_view, 50> fields;
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(stat.find(' '), stat.size());
    field = stat.substr(0, end);
    stat.remove_prefix(std::min(end + 1, stat.size()));
    if (field.empty()) return std::nullopt;
  }
  const auto field = [&fields](std::size_t number) { return fields[number - 3]; };
  const std::uint64_t tick_ns = 1'000'000'000 / ticks_per_second;
  ProcessStatistics statistics{.user_ns = Number(field(14)) * tick_ns,
                               .system_ns = Number(field(15)) * tick_ns,
                               .minor_faults = Number(field(10)),
                               .major_faults = Number(field(12)),
                               .parent_pid = static_cast<int>(Number(field(4))),
                               .state = field(3).front()};
  if (statistics.state == 'Z') statistics.exit_status = static_cast<int>(Number(field(52)));
  return statistics;
}

std::uint64_t ParsePeakRss(std::string_view status) {
  constexpr std::string_view kKey = "\nVmHWM:";
  const std::size_t position = status.find(kKey);
  if (position == std::string_view::npos) return 0;
  status.remove_prefix(position + kKey.size());
  status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
  return Number(status) * 1024;
}

std::optional<ProcessStatistics> ReadProcessStatistics(int pid) {
  const auto stat = base::ReadSmallFile(fmt::format("/proc/{}/stat", pid));
  if (!stat.ok()) return std::nullopt;
  auto statistics = ParseStat(*stat, static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK)));
  if (!statistics) return std::nullopt;
  const auto status = base::ReadSmallFile(fmt::format("/proc/{}/status", pid));
  if (status.ok()) statistics->max_rss_bytes = ParsePeakRss(*status);
  return statistics;
}

}  // namespace heimdallr::process
