// What a sweep is to run: modes x workloads x repetitions, plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace heimdallr::sweep {

inline constexpr std::uint32_t kMaxRepetitions = 100'000;
inline constexpr std::uint64_t kMaxRuns = 100'000;
/// TOML and JSON readers take whole numbers up to this one everywhere.
inline constexpr std::uint64_t kMaxSeed = (std::uint64_t{1} << 53) - 1;
inline constexpr double kMaxTimeoutSeconds = 1e7;

using Environment = std::map<std::string, std::string>;

/// A way to record.
struct Mode {
  std::string name;
  std::vector<std::string> options;  ///< of heimdallr, one word each: "--frequency=2000"
  Environment environment;           ///< added to that of the sweep and of the workload
  std::uint32_t frequency_hz = 0;    ///< samples a second that the options ask for; 0 = none

  friend bool operator==(const Mode&, const Mode&) = default;
};

/// A program to record.
struct Workload {
  std::string name;
  std::vector<std::string> command;
  std::string folder;       ///< absolute, where it runs
  Environment environment;  ///< added to that of the sweep
  int exit_status = 0;      ///< that of a run that went well, 0..255

  friend bool operator==(const Workload&, const Workload&) = default;
};

struct Plan {
  std::uint32_t repetitions = 1;
  std::optional<std::uint64_t> seed;  ///< of the order; none = to be drawn
  std::optional<double> timeout_seconds;
  std::vector<Mode> modes;
  std::vector<Workload> workloads;
};

/// Looks at options of heimdallr without running anything: the samples a second that they ask for,
/// 0 if none, or what is wrong with them.
using OptionCheck =
    std::function<absl::StatusOr<std::uint32_t>(const std::vector<std::string>& options)>;

/// "dry", which only times the workload, and "1000hz", a recording at the default frequency.
[[nodiscard]] std::vector<Mode> DefaultModes();

/// Gives those without a name that of their program, in characters that are good in the name of a
/// folder. Where it is taken, "-2", "-3" and so on is added.
void NameTheUnnamed(std::vector<Workload>& workloads);

/// Empty, or what is allowed. Names become names of folders, WORKLOAD.MODE; as that is read from
/// its last dot on, a mode's has none.
[[nodiscard]] std::string ProblemOfWorkloadName(std::string_view name);
[[nodiscard]] std::string ProblemOfModeName(std::string_view name);

/// What no part of the plan shows alone: InvalidArgument when two modes or two workloads have one
/// name, there is none of either, it comes to more than kMaxRuns, or text is no UTF-8 and could not
/// be written down.
[[nodiscard]] absl::Status CheckPlan(const Plan& plan);

/// Leaves only the modes of these names, in the plan's order. NotFound names those there are.
[[nodiscard]] absl::Status KeepModes(const std::vector<std::string>& names, Plan& plan);

/// How `now` differs from `before`, the first difference in words; empty if not at all. A seed is
/// compared only if `now` has one.
[[nodiscard]] std::string Difference(const Plan& before, const Plan& now);

}  // namespace heimdallr::sweep
