#include "recorder/recording_header.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "recorder/interposition.h"

namespace heimdallr::recorder {
namespace {

// "model name" (x86) or "cpu" (POWER) of /proc/cpuinfo.
std::string ProcessorName() {
  const auto text = base::ReadSmallFile("/proc/cpuinfo");
  if (!text.ok()) return {};
  for (const std::string_view key : {"model name", "cpu\t", "Model"}) {
    const std::size_t line = text->find(key);
    if (line == std::string::npos) continue;
    const std::size_t colon = text->find(':', line);
    const std::size_t end = text->find('\n', line);
    if (colon == std::string::npos || end == std::string::npos || colon + 2 > end) continue;
    return text->substr(colon + 2, end - colon - 2);
  }
  return {};
}

}  // namespace

std::string HostName() {
  utsname system{};
  uname(&system);
  return system.nodename;
}

TraceHeader MakeHeader(const RecorderOptions& options, int pid,
                       const std::vector<std::string>& environment) {
  utsname system{};
  uname(&system);
  std::error_code error;
  return {.tool_version = HEIMDALLR_VERSION,
          .host = system.nodename,
          .kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine),
          .processor = ProcessorName(),
          .online_cpus = static_cast<std::uint32_t>(sysconf(_SC_NPROCESSORS_ONLN)),
          .page_size_bytes = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE)),
          .start_realtime_ns = base::RealtimeNs(),
          .start_monotonic_ns = base::MonotonicNs(),
          .pid = pid,
          .command_line = options.command,
          .working_directory = std::filesystem::current_path(error).string(),
          .environment = RelevantEnvironment(environment),
          .dry_run = options.dry_run,
          .stack_depth = options.stack_depth,
          .success_status = options.success_status};
}

}  // namespace heimdallr::recorder
