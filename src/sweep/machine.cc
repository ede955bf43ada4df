#include "sweep/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "base/printable.h"

namespace heimdallr::sweep {
namespace {

namespace fs = std::filesystem;

// A process of the system that wakes up now and then is below this.
constexpr double kBusyLoad = 0.5;
// The kernel's default: below, it gives up the rate earlier than everyone expects.
constexpr std::uint64_t kUsualCpuTimePercent = 25;
constexpr int kCapSysAdmin = 21;
constexpr int kCapPerfmon = 38;

std::string Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

std::optional<std::string> ReadText(const std::string& path) {
  const auto text = base::ReadSmallFile(path);
  if (!text.ok()) return std::nullopt;
  return Trimmed(base::Printable(Trimmed(*text)));
}

// What stands behind "KEY" and blanks or a colon at the start of a line.
std::string ValueOfLine(const std::string& path, std::string_view key) {
  const auto text = base::ReadSmallFile(path);
  if (!text.ok()) return {};
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with(key)) {
      std::string_view value = line.substr(key.size());
      const std::size_t begin = value.find_first_not_of(" \t:");
      if (begin != 0 && begin != std::string_view::npos) return Trimmed(value.substr(begin));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

template <typename Value>
std::optional<Value> Number(std::string_view text, int base = 10) {
  Value value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> NumberOf(const Machine& machine, const std::string& setting) {
  const auto found = machine.settings.find(setting);
  return found == machine.settings.end() ? std::nullopt : Number<std::int64_t>(found->second);
}

std::string TextOf(const Machine& machine, const std::string& setting) {
  const auto found = machine.settings.find(setting);
  return found == machine.settings.end() ? "" : found->second;
}

// Of all processors: "performance", or "performance, schedutil".
std::string Governors(const std::string& root) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(root + "/sys/devices/system/cpu", error), end;
       !error && entry != end; entry.increment(error)) {
    const auto name = ReadText(entry->path().string() + "/cpufreq/scaling_governor");
    if (name) names.insert(*name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// "on", "off", or empty: Intel's driver says when it is off, others when it is on.
std::string Turbo(const std::string& root) {
  const std::string cpu = root + "/sys/devices/system/cpu";
  if (const auto off = ReadText(cpu + "/intel_pstate/no_turbo")) return *off == "1" ? "off" : "on";
  if (const auto on = ReadText(cpu + "/cpufreq/boost")) return *on == "1" ? "on" : "off";
  return {};
}

// "always [madvise] never" -> "madvise"
std::string HugePages(const std::string& root) {
  const auto text = ReadText(root + "/sys/kernel/mm/transparent_hugepage/enabled");
  if (!text) return {};
  const std::size_t open = text->find('[');
  const std::size_t close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return *text;
  return text->substr(open + 1, close - open - 1);
}

bool MaySampleAlways(const std::string& root) {
  const auto mask = Number<std::uint64_t>(ValueOfLine(root + "/proc/self/status", "CapEff"), 16);
  return mask && ((*mask >> kCapSysAdmin | *mask >> kCapPerfmon) & 1) != 0;
}

std::string Kernel() {
  utsname name{};
  uname(&name);
  return fmt::format("{} {}", name.release, name.machine);
}

std::string Host() {
  utsname name{};
  uname(&name);
  return base::Printable(name.nodename);
}

void AppendTimingWarnings(const Machine& machine, std::vector<std::string>& warnings) {
  if (const std::string governor = TextOf(machine, "governor");
      !governor.empty() && governor != "performance") {
    warnings.push_back(fmt::format(
        "processors change their frequency (governor {}), so equal runs take unequal time; "
        "'cpupower frequency-set -g performance' keeps it high",
        governor));
  }
  if (TextOf(machine, "turbo") == "on") {
    warnings.push_back(fmt::format(
        "turbo is on, so a run is faster while the machine is cool; switch it off with 'echo {}'",
        TextOf(machine, "turbo_driver") == "intel_pstate"
            ? "1 >/sys/devices/system/cpu/intel_pstate/no_turbo"
            : "0 >/sys/devices/system/cpu/cpufreq/boost"));
  }
  if (const std::string pages = TextOf(machine, "transparent_hugepages"); pages == "always") {
    warnings.emplace_back(
        "transparent huge pages are given to every program, when there are some at that moment; "
        "'echo madvise >/sys/kernel/mm/transparent_hugepage/enabled' gives them to who asks");
  }
  if (NumberOf(machine, "numa_balancing").value_or(0) != 0) {
    warnings.emplace_back(
        "the kernel moves pages between memory nodes while programs run (NUMA balancing); "
        "'sysctl kernel.numa_balancing=0' stops it");
  }
  if (machine.load.average[0] >= kBusyLoad || machine.load.running > 0) {
    warnings.push_back(fmt::format(
        "other programs use the machine: load {:.2f} over the last minute, {} running now; wait "
        "until they are done, or stop them",
        machine.load.average[0], machine.load.running));
  }
}

void AppendSamplingWarnings(const Machine& machine, const Plan& plan,
                            std::vector<std::string>& warnings) {
  std::uint32_t fastest = 0;
  std::string mode_name;
  for (const Mode& mode : plan.modes) {
    if (mode.frequency_hz <= fastest) continue;
    fastest = mode.frequency_hz;
    mode_name = mode.name;
  }
  if (fastest == 0) return;
  const auto limit = NumberOf(machine, "perf_event_max_sample_rate");
  if (limit && *limit < static_cast<std::int64_t>(fastest)) {
    warnings.push_back(
        fmt::format("mode '{0}' asks for {1} samples a second, the kernel's limit is {2}; 'sysctl "
                    "kernel.perf_event_max_sample_rate={1}' raises it",
                    mode_name, fastest, *limit));
  }
  const auto percent = NumberOf(machine, "perf_cpu_time_max_percent");
  if (percent && *percent > 0 && *percent < static_cast<std::int64_t>(kUsualCpuTimePercent)) {
    warnings.push_back(fmt::format(
        "the kernel lowers its limit of samples a second when sampling takes {} % of the CPU time; "
        "'sysctl kernel.perf_cpu_time_max_percent={}' lets it take what is usual",
        *percent, kUsualCpuTimePercent));
  }
  const auto paranoid = NumberOf(machine, "perf_event_paranoid");
  if (paranoid && *paranoid > 2 && TextOf(machine, "may_sample") != "yes") {
    warnings.push_back(fmt::format(
        "without privilege the kernel gives no samples (perf_event_paranoid is {}); 'sysctl "
        "kernel.perf_event_paranoid=2' allows those of your own programs",
        *paranoid));
  }
}

}  // namespace

Load ReadLoad(const std::string& root) {
  Load load;
  if (const auto text = base::ReadSmallFile(root + "/proc/loadavg"); text.ok()) {
    // Numbers with a point, whatever the locale: nobody calls setlocale here.
    std::sscanf(text->c_str(), "%lf %lf %lf", &load.average[0], &load.average[1], &load.average[2]);
  }
  const auto running = Number<std::uint64_t>(ValueOfLine(root + "/proc/stat", "procs_running"));
  if (running && *running > 1) load.running = *running - 1;
  return load;
}

Machine ReadMachine(const std::string& root) {
  Machine machine{.host = Host(),
                  .kernel = Kernel(),
                  .processor = ValueOfLine(root + "/proc/cpuinfo", "model name"),
                  .cpus = static_cast<std::uint32_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))),
                  .settings = {},
                  .load = ReadLoad(root)};
  auto& settings = machine.settings;
  settings["governor"] = Governors(root);
  settings["turbo"] = Turbo(root);
  std::error_code error;
  if (fs::exists(root + "/sys/devices/system/cpu/intel_pstate/no_turbo", error)) {
    settings["turbo_driver"] = "intel_pstate";
  }
  settings["transparent_hugepages"] = HugePages(root);
  for (const char* name : {"numa_balancing", "randomize_va_space", "perf_event_max_sample_rate",
                           "perf_cpu_time_max_percent", "perf_event_paranoid"}) {
    settings[name] = ReadText(root + "/proc/sys/kernel/" + name).value_or("");
  }
  settings["may_sample"] = MaySampleAlways(root) ? "yes" : "";
  std::erase_if(settings, [](const auto& setting) { return setting.second.empty(); });
  return machine;
}

std::vector<std::string> WarningsOf(const Machine& machine, const Plan& plan) {
  std::vector<std::string> warnings;
  AppendTimingWarnings(machine, warnings);
  AppendSamplingWarnings(machine, plan, warnings);
  return warnings;
}

}  // namespace heimdallr::sweep
