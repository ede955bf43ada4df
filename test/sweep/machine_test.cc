#include "sweep/machine.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "trace/temporary_folder.h"

using namespace heimdallr::sweep;
using heimdallr::trace::TemporaryFolder;

namespace {

// A machine whose files are written by the test.
class Tree {
 public:
  Tree& Put(const std::string& path, const std::string& text) {
    const std::string whole = folder_.File(path);
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    heimdallr::trace::WriteFile(whole, text);
    return *this;
  }
  [[nodiscard]] std::string root() const {
    std::string path = folder_.File("");
    path.pop_back();
    return path;
  }
  [[nodiscard]] std::vector<std::string> Warnings(std::uint32_t frequency_hz) const {
    const Plan plan{.modes = {{.name = "m", .frequency_hz = frequency_hz}}, .workloads = {}};
    return WarningsOf(ReadMachine(root()), plan);
  }
  // The only warning.
  [[nodiscard]] std::string Warning(std::uint32_t frequency_hz) const {
    const std::vector<std::string> found = Warnings(frequency_hz);
    REQUIRE(found.size() == 1);
    return found[0];
  }

 private:
  TemporaryFolder folder_;
};

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Machine: a quiet one that says nothing of itself gives no warning") {
  CHECK(Tree().Warnings(1000).empty());
  CHECK(ReadMachine("/no/such/folder").settings.empty());
}

TEST_CASE("Machine: a governor that is not performance on one processor is a reason to warn") {
  Tree tree;
  tree.Put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  CHECK(tree.Warnings(0).empty());
  tree.Put("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "schedutil\n");
  CHECK(ReadMachine(tree.root()).settings.at("governor") == "performance, schedutil");
  CHECK(Has(tree.Warning(0), "cpupower frequency-set -g performance"));
}

TEST_CASE("Machine: turbo is found by Intel's driver and by the others'") {
  Tree intel;
  intel.Put("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  CHECK(Has(intel.Warning(0), "echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo"));
  intel.Put("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  CHECK(intel.Warnings(0).empty());
  Tree other;
  other.Put("sys/devices/system/cpu/cpufreq/boost", "1\n");
  CHECK(Has(other.Warning(0), "echo 0 >/sys/devices/system/cpu/cpufreq/boost"));
  other.Put("sys/devices/system/cpu/cpufreq/boost", "0\n");
  CHECK(other.Warnings(0).empty());
}

TEST_CASE("Machine: huge pages for everyone and moving pages are reasons to warn") {
  Tree tree;
  tree.Put("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
  CHECK(Has(tree.Warning(0), "transparent_hugepage/enabled"));
  tree.Put("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  CHECK(tree.Warnings(0).empty());
  CHECK(ReadMachine(tree.root()).settings.at("transparent_hugepages") == "madvise");
  tree.Put("proc/sys/kernel/numa_balancing", "1\n");
  CHECK(Has(tree.Warning(0), "sysctl kernel.numa_balancing=0"));
}

TEST_CASE("Machine: random addresses are noted and no reason to warn") {
  Tree tree;
  tree.Put("proc/sys/kernel/randomize_va_space", "2\n");
  CHECK(tree.Warnings(1000).empty());
  CHECK(ReadMachine(tree.root()).settings.at("randomize_va_space") == "2");
}

TEST_CASE("Machine: load by other programs is a reason to warn") {
  Tree tree;
  tree.Put("proc/loadavg", "0.49 0.30 0.20 1/300 1234\n");
  tree.Put("proc/stat", "cpu  1 2 3\nprocs_running 1\nprocs_blocked 0\n");
  CHECK(tree.Warnings(0).empty());
  tree.Put("proc/stat", "cpu  1 2 3\nprocs_running 3\nprocs_blocked 0\n");
  CHECK(Has(tree.Warning(0), "load 0.49 over the last minute, 2 running now"));
  tree.Put("proc/stat", "procs_running 1\n");
  tree.Put("proc/loadavg", "1.50 0.30 0.20 1/300 1234\n");
  CHECK(Has(tree.Warning(0), "load 1.50"));
  CHECK(ReadLoad(tree.root()).average == std::array<double, 3>{1.5, 0.3, 0.2});
}

TEST_CASE("Machine: limits of sampling matter to a mode that samples") {
  Tree tree;
  tree.Put("proc/sys/kernel/perf_event_max_sample_rate", "500\n");
  CHECK(tree.Warnings(0).empty());
  CHECK(tree.Warnings(500).empty());
  CHECK(Has(tree.Warning(1000), "sysctl kernel.perf_event_max_sample_rate=1000"));
  tree.Put("proc/sys/kernel/perf_event_max_sample_rate", "100000\n");
  for (const char* usual : {"0\n", "25\n", "100\n"}) {
    tree.Put("proc/sys/kernel/perf_cpu_time_max_percent", usual);
    CHECK(tree.Warnings(1000).empty());
  }
  tree.Put("proc/sys/kernel/perf_cpu_time_max_percent", "5\n");
  CHECK(Has(tree.Warning(1000), "sysctl kernel.perf_cpu_time_max_percent=25"));
}

TEST_CASE("Machine: paranoia of the kernel matters without privilege") {
  Tree tree;
  tree.Put("proc/sys/kernel/perf_event_paranoid", "3\n");
  tree.Put("proc/self/status", "Name:\tx\nCapEff:\t0000000000000000\n");
  CHECK(Has(tree.Warning(1000), "sysctl kernel.perf_event_paranoid=2"));
  CHECK(tree.Warnings(0).empty());
  tree.Put("proc/self/status", "Name:\tx\nCapEff:\t0000004000000000\n");  // 1 << 38, CAP_PERFMON
  CHECK(tree.Warnings(1000).empty());
  tree.Put("proc/self/status", "Name:\tx\nCapEff:\t0000000000200000\n");  // 1 << 21, CAP_SYS_ADMIN
  CHECK(tree.Warnings(1000).empty());
  tree.Put("proc/self/status", "CapEff:\t0000000000000000\n");
  tree.Put("proc/sys/kernel/perf_event_paranoid", "2\n");
  CHECK(tree.Warnings(1000).empty());
}

TEST_CASE("Machine: the processor is the model that /proc/cpuinfo names") {
  Tree tree;
  tree.Put("proc/cpuinfo", "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2 GHz\n");
  CHECK(ReadMachine(tree.root()).processor == "Some CPU @ 2 GHz");
}
