#include "recorder/check_up.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/syscall_error.h"
#include "perf/machine_events.h"
#include "perf/pmu_catalog.h"
#include "recorder/options.h"
#include "recorder/recording_header.h"
#include "topology/machine_nodes.h"

namespace heimdallr::recorder {
namespace {

// Numbers of capabilities: linux/capability.h.
constexpr unsigned kCapSysAdmin = 21;
constexpr unsigned kCapPerfmon = 38;
// Up to which level the kernel lets anybody sample programs of their own in user mode.
constexpr int kHighestParanoid = 2;
// A ring of metadata, the clock with its steps, page faults: for each processor.
constexpr std::uint64_t kEventsEach = 8;

std::optional<std::uint64_t> NumberIn(const std::string& path) {
  const auto text = base::ReadSmallFile(path);
  if (!text.ok()) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

// The value of a line "KEY:\tVALUE".
std::string ValueOf(const std::string& text, std::string_view key) {
  const std::string line = fmt::format("\n{}:\t", key);
  const std::size_t at = text.find(line);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + line.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

void ReadStatus(const perf::System& system, CheckUp& found) {
  const auto status = base::ReadSmallFile(system.proc_root + "/self/status");
  if (!status.ok()) return;
  const std::string capabilities = ValueOf(*status, "CapEff");
  std::uint64_t bits = 0;
  std::from_chars(capabilities.data(), capabilities.data() + capabilities.size(), bits, 16);
  found.may_profile = (bits >> kCapPerfmon & 1) != 0 || (bits >> kCapSysAdmin & 1) != 0;
  const std::string mode = ValueOf(*status, "Seccomp");
  std::from_chars(mode.data(), mode.data() + mode.size(), found.seccomp);
}

// As a hypervisor of x86 names itself: CPUID 40000000H, EBX to EDX, which Intel and AMD leave to
// them.
std::string NameOfHypervisor() {
#if defined(__x86_64__)
  std::array<unsigned, 4> words{};
  __cpuid(0x40000000, words[0], words[1], words[2], words[3]);
  std::string name(reinterpret_cast<const char*>(&words[1]), 3 * sizeof(unsigned));
  name.resize(std::min(name.find('\0'), name.size()));
  static constexpr std::pair<std::string_view, const char*> kNames[] = {
      {"KVMKVMKVM", "KVM"},    {"Microsoft Hv", "Hyper-V"}, {"VMwareVMware", "VMware"},
      {"XenVMMXenVMM", "Xen"}, {"bhyve bhyve ", "bhyve"},   {"TCGTCGTCGTCG", "QEMU without KVM"}};
  for (const auto& [signature, usual] : kNames) {
    if (name == signature) return usual;
  }
  return name;
#else
  return {};
#endif
}

std::string HypervisorOf(const perf::System& system) {
  for (const char* const name : {"/hypervisor/type", "/class/dmi/id/product_name"}) {
    auto text = base::ReadSmallFile(system.sys_root + name);
    if (!text.ok()) continue;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    const bool named = name[1] == 'h' || text->find("Virtual") != std::string::npos ||
                       text->find("KVM") != std::string::npos || *text == "HVM domU";
    if (named) return *text;
  }
  const auto processors = base::ReadSmallFile(system.proc_root + "/cpuinfo");
  if (processors.ok() && processors->find(" hypervisor") != std::string::npos) {
    const std::string name = NameOfHypervisor();
    return name.empty() ? "of a kind that is not told" : name;
  }
  return {};
}

void ReadPmus(const perf::System& system, CheckUp& found) {
  const auto catalog = perf::PmuCatalog::Read(system.sys_root);
  if (!catalog.ok()) {
    found.pmu_problem = std::string(base::Message(catalog.status()));
    return;
  }
  for (const perf::Pmu& pmu : catalog->pmus()) found.pmus.push_back(pmu.name);
  constexpr std::uint32_t kAnyLatency = 1;
  found.pmu_problem = perf::FindMemoryEvents(*catalog, kAnyLatency).problem;
}

void ReadLimits(const perf::System& system, CheckUp& found) {
  found.paranoid = perf::ParanoidLevel(system);
  found.mlock_kb = perf::MlockBudgetKb(system);
  found.max_sample_hz = perf::MaxSampleRateHz(system);
  found.cpu_time_percent = NumberIn(system.proc_root + "/sys/kernel/perf_cpu_time_max_percent");
  if (const auto scope = NumberIn(system.proc_root + "/sys/kernel/yama/ptrace_scope")) {
    found.ptrace_scope = static_cast<int>(*scope);
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  found.open_files = files.rlim_cur;
  found.most_open_files = files.rlim_max;
}

void JudgePermissions(CheckUp& found) {
  if (!found.paranoid) {
    found.problems.push_back(
        {"this kernel is built without perf events, or hides them: nothing can "
         "be sampled, allocations can be recorded",
         ""});
    return;
  }
  if (*found.paranoid > kHighestParanoid && !found.may_profile) {
    found.problems.push_back(
        {fmt::format("perf_event_paranoid is {}: sampling is not allowed", *found.paranoid),
         fmt::format("sysctl kernel.perf_event_paranoid={}", kHighestParanoid)});
  }
}

void JudgeLimits(CheckUp& found) {
  const std::uint64_t ring_kb = kDefaultBufferBytes >> 10;
  if (found.mlock_kb && *found.mlock_kb < ring_kb + 4 && !found.may_profile) {
    found.problems.push_back(
        {fmt::format("rings of {} KiB do not fit into perf_event_mlock_kb={}: smaller ones are "
                     "taken, which may lose samples",
                     ring_kb, *found.mlock_kb),
         fmt::format("sysctl kernel.perf_event_mlock_kb={}", ring_kb + 4)});
  }
  if (found.max_sample_hz && *found.max_sample_hz < kDefaultFrequencyHz) {
    found.problems.push_back(
        {fmt::format("perf_event_max_sample_rate is {} Hz, less than the usual {}",
                     *found.max_sample_hz, kDefaultFrequencyHz),
         fmt::format("sysctl kernel.perf_event_max_sample_rate={}", 100 * kDefaultFrequencyHz)});
  }
  const std::uint64_t needed = kEventsEach * found.online_cpus;
  if (found.most_open_files < needed) {
    found.problems.push_back(
        {fmt::format("{} descriptors are needed and {} may be open", needed, found.most_open_files),
         fmt::format("ulimit -Hn {} (as root), or LimitNOFILE= of the service", 2 * needed)});
  }
}

}  // namespace

CheckUp Examine(const perf::System& system) {
  CheckUp found;
  const TraceHeader header = MakeHeader({}, getpid(), {});
  found.processor = header.processor;
  found.kernel = header.kernel;
  found.online_cpus = header.online_cpus;
  found.hypervisor = HypervisorOf(system);
  ReadPmus(system, found);
  ReadStatus(system, found);
  ReadLimits(system, found);
  if (auto nodes = topology::ReadMachineNodes(); nodes.ok()) found.nodes = *std::move(nodes);
  JudgePermissions(found);
  JudgeLimits(found);
  return found;
}

}  // namespace heimdallr::recorder
