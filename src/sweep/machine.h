// The machine a sweep runs on, and what about it makes timings lie.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sweep/plan.h"

namespace heimdallr::sweep {

/// How busy the machine is.
struct Load {
  std::array<double, 3> average{};  ///< over 1, 5 and 15 minutes, as /proc/loadavg
  std::uint64_t running = 0;        ///< tasks that run or wait for a processor, the reader left out
};

struct Machine {
  std::string host;
  std::string kernel;     ///< release and machine, as uname(2)
  std::string processor;  ///< model name; empty if /proc/cpuinfo has none
  std::uint32_t cpus = 0;
  /// What the kernel says of itself, by names such as "governor"; absent where it says nothing.
  std::map<std::string, std::string> settings;
  Load load;
};

/// `root` is where /proc and /sys are: empty on a real machine. What cannot be read is left out.
[[nodiscard]] Machine ReadMachine(const std::string& root);
[[nodiscard]] Load ReadLoad(const std::string& root);

/// What makes timings lie and what keeps the plan's modes from recording as asked, a line each with
/// the command that changes it. Address space randomisation is in the settings, but no reason to
/// warn: it makes timings scatter, not lie.
[[nodiscard]] std::vector<std::string> WarningsOf(const Machine& machine, const Plan& plan);

}  // namespace heimdallr::sweep
