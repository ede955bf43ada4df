// What of this machine matters to recording: found without recording anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heimdallr/trace_header.h"
#include "perf/system.h"

namespace heimdallr::recorder {

/// What stands in the way of something, and what to do about it.
struct Problem {
  std::string text;
  std::string remedy;  ///< a command, where there is one
};

/// Empty, 0 or nothing = not known.
struct CheckUp {
  std::string processor;
  std::string hypervisor;  ///< empty = none is seen
  std::string kernel;
  std::uint32_t online_cpus = 0;
  std::vector<std::string> pmus;  ///< devices of the kernel's event sources, ascending
  std::optional<int> paranoid;
  bool may_profile = false;               ///< CAP_PERFMON or CAP_SYS_ADMIN is in force
  int seccomp = 0;                        ///< 0 = none, 1 = strict, 2 = a filter
  std::optional<std::uint64_t> mlock_kb;  ///< ring memory a user may have on each processor
  std::optional<std::uint64_t> max_sample_hz;
  std::optional<std::uint64_t> cpu_time_percent;  ///< that the kernel gives to sampling
  std::uint64_t open_files = 0;                   ///< soft limit
  std::uint64_t most_open_files = 0;              ///< hard limit
  std::optional<int> ptrace_scope;                ///< of the Yama security module
  std::vector<NodeInfo> nodes;
  std::string pmu_problem;  ///< why hardware cannot sample accesses; empty = it can
  std::vector<Problem> problems;
};

/// Reads `system.proc_root` and `system.sys_root`, and this process's own limits.
[[nodiscard]] CheckUp Examine(const perf::System& system = perf::RealSystem());

}  // namespace heimdallr::recorder
