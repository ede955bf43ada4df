#include "perf/system.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/status_macros.h"

namespace heimdallr::perf {
namespace {

int OpenEventCall(perf_event_attr& attributes, pid_t pid, int cpu, int group, unsigned long flags) {
  const long fd = syscall(SYS_perf_event_open, &attributes, pid, cpu, group, flags);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

int ControlCall(int fd, unsigned long request, std::uintptr_t argument) {
  const int result = ioctl(fd, request, argument);
  return result < 0 ? -errno : result;
}

std::ptrdiff_t ReadCountCall(int fd, std::span<std::uint64_t> words) {
  const ssize_t size = read(fd, words.data(), words.size_bytes());
  return size < 0 ? -errno : size;
}

absl::StatusOr<base::MappedRegion> MapCall(int fd, std::size_t bytes, std::uint64_t offset,
                                           std::string_view what) {
  return base::MappedRegion::Map(fd, bytes, offset, base::MapAccess::kReadWrite, what);
}

bool RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// A number at the start of `text`, which is moved behind it.
template <typename T>
std::optional<T> TakeNumber(std::string_view& text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

template <typename T>
std::optional<T> KernelSetting(const System& system, std::string_view name) {
  auto text = base::ReadSmallFile(fmt::format("{}/sys/kernel/{}", system.proc_root, name));
  if (!text.ok()) return std::nullopt;
  std::string_view rest = *text;
  return TakeNumber<T>(rest);
}

/// The CPU numbers of "3" or "0-3" at the start of `text`, which is moved behind it.
bool TakeRange(std::string_view& text, std::vector<int>& cpus) {
  constexpr int kMaxCpu = 1 << 16;  // far above the kernel's CONFIG_NR_CPUS
  const auto first = TakeNumber<int>(text);
  if (!first.has_value() || *first < 0) return false;
  int last = *first;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    const auto number = TakeNumber<int>(text);
    if (!number.has_value()) return false;
    last = *number;
  }
  if (last < *first || last > kMaxCpu) return false;
  for (int cpu = *first; cpu <= last; ++cpu) cpus.push_back(cpu);
  return true;
}

}  // namespace

System::System()
    : open_event(OpenEventCall),
      control(ControlCall),
      read_count(ReadCountCall),
      map(MapCall),
      raise_file_limit(RaiseFileLimit) {}

const System& RealSystem() {
  static const System kSystem;
  return kSystem;
}

std::optional<int> ParanoidLevel(const System& system) {
  return KernelSetting<int>(system, "perf_event_paranoid");
}

std::optional<std::uint64_t> MaxSampleRateHz(const System& system) {
  return KernelSetting<std::uint64_t>(system, "perf_event_max_sample_rate");
}

std::optional<std::uint64_t> MlockBudgetKb(const System& system) {
  return KernelSetting<std::uint64_t>(system, "perf_event_mlock_kb");
}

absl::StatusOr<std::vector<int>> OnlineCpus(const System& system) {
  const std::string path = fmt::format("{}/devices/system/cpu/online", system.sys_root);
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(path));
  auto cpus = ParseCpuList(text);
  if (!cpus.has_value()) {
    return absl::DataLossError(fmt::format("{}: '{}' is no list of CPUs", path, text));
  }
  return *std::move(cpus);
}

std::optional<std::vector<int>> ParseCpuList(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::vector<int> cpus;
  while (true) {
    if (!TakeRange(text, cpus)) return std::nullopt;
    if (text.empty()) return cpus;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
}

}  // namespace heimdallr::perf
