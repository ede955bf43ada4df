#include "perf/system.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

namespace heimdallr::perf {
namespace {

using Cpus = std::vector<int>;

}  // namespace

TEST_CASE("ParseCpuList: takes what the kernel writes") {
  CHECK(ParseCpuList("0\n") == Cpus{0});
  CHECK(ParseCpuList("0-3\n") == Cpus{0, 1, 2, 3});
  CHECK(ParseCpuList("0-1,8,10-11\n") == Cpus{0, 1, 8, 10, 11});
}

TEST_CASE("ParseCpuList: refuses what is no list") {
  const auto* text = GENERATE("", "\n", "a", "3-1", "0,", ",0", "0-", "-1", "0 1", "0-99999999999");
  CAPTURE(text);
  CHECK(!ParseCpuList(text).has_value());
}

TEST_CASE("System: kernel settings are read below the given roots") {
  const auto root =
      std::filesystem::temp_directory_path() / ("heimdallr-perf-" + std::to_string(::getpid()));
  std::filesystem::create_directories(root / "sys/kernel");
  std::filesystem::create_directories(root / "devices/system/cpu");
  std::ofstream(root / "sys/kernel/perf_event_paranoid") << "-1\n";
  std::ofstream(root / "sys/kernel/perf_event_max_sample_rate") << "63000\n";
  std::ofstream(root / "devices/system/cpu/online") << "0,2-3\n";
  System system = RealSystem();
  system.proc_root = system.sys_root = root.string();
  CHECK(ParanoidLevel(system) == -1);
  CHECK(MaxSampleRateHz(system) == 63000);
  CHECK(!MlockBudgetKb(system).has_value());
  const auto cpus = OnlineCpus(system);
  REQUIRE(cpus.ok());
  CHECK(*cpus == Cpus{0, 2, 3});
  std::ofstream(root / "devices/system/cpu/online") << "none\n";
  CHECK(OnlineCpus(system).status().code() == absl::StatusCode::kDataLoss);
  std::filesystem::remove_all(root);
  CHECK(OnlineCpus(system).status().code() == absl::StatusCode::kNotFound);
}

}  // namespace heimdallr::perf
