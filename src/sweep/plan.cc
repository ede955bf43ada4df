#include "sweep/plan.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/printable.h"
#include "base/status_macros.h"
#include "sweep/shell_words.h"

namespace heimdallr::sweep {
namespace {

constexpr std::size_t kLongestName = 100;

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '+' ||
         c == '=';
}

std::string NameOfProgram(const std::string& program) {
  std::string name = std::filesystem::path(program).filename().string();
  for (char& c : name) {
    if (!IsNameCharacter(c) && c != '.') c = '_';
  }
  if (name.empty() || name.front() == '.' || name.front() == '-') name = fmt::format("_{}", name);
  name.resize(std::min(name.size(), kLongestName - 10));  // room for "-2"
  return name;
}

std::string VariablesText(const Environment& environment) {
  std::vector<std::string> words;
  words.reserve(environment.size());
  for (const auto& [name, value] : environment) words.push_back(fmt::format("{}={}", name, value));
  return JoinShellWords(words);
}

std::string Seconds(const std::optional<double>& timeout) {
  return timeout ? fmt::format("{} s", *timeout) : "none";
}

// "the seed is 7, was 9" if they differ.
std::string Changed(std::string_view what, const std::string& before, const std::string& now) {
  return before == now ? "" : fmt::format("{} is '{}', was '{}'", what, now, before);
}

template <typename Part>
std::string ChangedNames(std::string_view what, const std::vector<Part>& before,
                         const std::vector<Part>& now) {
  const auto names = [](const std::vector<Part>& parts) {
    std::vector<std::string> found;
    found.reserve(parts.size());
    for (const Part& part : parts) found.push_back(part.name);
    return fmt::format("{}", fmt::join(found, ", "));
  };
  return Changed(fmt::format("the list of {}", what), names(before), names(now));
}

std::string Difference(const Mode& before, const Mode& now) {
  const std::string what = fmt::format("of mode '{}' the ", now.name);
  std::string text = Changed(what + "list of options", JoinShellWords(before.options),
                             JoinShellWords(now.options));
  if (!text.empty()) return text;
  return Changed(what + "environment", VariablesText(before.environment),
                 VariablesText(now.environment));
}

std::string Difference(const Workload& before, const Workload& now) {
  const std::string what = fmt::format("of workload '{}' the ", now.name);
  for (std::string text :
       {Changed(what + "command", JoinShellWords(before.command), JoinShellWords(now.command)),
        Changed(what + "folder", before.folder, now.folder),
        Changed(what + "environment", VariablesText(before.environment),
                VariablesText(now.environment)),
        Changed(what + "exit status", std::to_string(before.exit_status),
                std::to_string(now.exit_status))}) {
    if (!text.empty()) return text;
  }
  return {};
}

template <typename Part>
absl::Status CheckDistinct(std::string_view what, const std::vector<Part>& parts) {
  if (parts.empty()) return absl::InvalidArgumentError(fmt::format("the plan has no {}", what));
  std::set<std::string> seen;
  for (const Part& part : parts) {
    if (seen.insert(part.name).second) continue;
    return absl::InvalidArgumentError(fmt::format("two {}s are called '{}'", what, part.name));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<Mode> DefaultModes() {
  return {
      {.name = "dry", .options = {"--dry-run"}, .environment = {}},
      {.name = "1000hz", .options = {"--frequency=1000"}, .environment = {}, .frequency_hz = 1000}};
}

void NameTheUnnamed(std::vector<Workload>& workloads) {
  std::set<std::string> taken;
  for (const Workload& workload : workloads) taken.insert(workload.name);
  for (Workload& workload : workloads) {
    if (!workload.name.empty()) continue;
    const std::string name = NameOfProgram(workload.command.front());
    workload.name = name;
    for (int number = 2; !taken.insert(workload.name).second; ++number) {
      workload.name = fmt::format("{}-{}", name, number);
    }
  }
}

std::string ProblemOfWorkloadName(std::string_view name) {
  const bool good =
      !name.empty() && name.size() <= kLongestName && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), [](char c) { return IsNameCharacter(c) || c == '.'; });
  return good ? ""
              : "a workload's name has 1 to 100 letters, digits and '_', '-', '+', '=', '.', and "
                "begins with neither '.' nor '-'";
}

std::string ProblemOfModeName(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kLongestName && name.front() != '-' &&
                    std::all_of(name.begin(), name.end(), IsNameCharacter);
  return good ? ""
              : "a mode's name has 1 to 100 letters, digits and '_', '-', '+', '=', and does not "
                "begin with '-'";
}

absl::Status CheckPlan(const Plan& plan) {
  RETURN_IF_ERROR(CheckDistinct("mode", plan.modes));
  RETURN_IF_ERROR(CheckDistinct("workload", plan.workloads));
  for (const Workload& workload : plan.workloads) {
    const bool is_text = std::all_of(workload.command.begin(), workload.command.end(),
                                     [](const std::string& word) { return base::IsText(word); });
    if (is_text && base::IsText(workload.folder)) continue;
    return absl::InvalidArgumentError(
        fmt::format("command or folder of workload '{}' is no UTF-8 text", workload.name));
  }
  const std::uint64_t runs =
      std::uint64_t{plan.repetitions} * plan.modes.size() * plan.workloads.size();
  if (plan.repetitions >= 1 && plan.repetitions <= kMaxRepetitions && runs <= kMaxRuns) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("the plan comes to {} runs; {} are possible", runs, kMaxRuns));
}

absl::Status KeepModes(const std::vector<std::string>& names, Plan& plan) {
  std::vector<std::string> known;
  for (const Mode& mode : plan.modes) known.push_back(mode.name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return absl::NotFoundError(
        fmt::format("the plan has no mode '{}'; there is: {}", name, fmt::join(known, ", ")));
  }
  std::erase_if(plan.modes, [&](const Mode& mode) {
    return std::find(names.begin(), names.end(), mode.name) == names.end();
  });
  return absl::OkStatus();
}

std::string Difference(const Plan& before, const Plan& now) {
  std::vector<std::string> found = {
      Changed("the number of repetitions", std::to_string(before.repetitions),
              std::to_string(now.repetitions)),
      now.seed
          ? Changed("the seed", std::to_string(before.seed.value_or(0)), std::to_string(*now.seed))
          : "",
      Changed("the timeout", Seconds(before.timeout_seconds), Seconds(now.timeout_seconds)),
      ChangedNames("modes", before.modes, now.modes),
      ChangedNames("workloads", before.workloads, now.workloads)};
  for (std::size_t i = 0; i < std::min(before.modes.size(), now.modes.size()); ++i) {
    found.push_back(Difference(before.modes[i], now.modes[i]));
  }
  for (std::size_t i = 0; i < std::min(before.workloads.size(), now.workloads.size()); ++i) {
    found.push_back(Difference(before.workloads[i], now.workloads[i]));
  }
  for (std::string& text : found) {
    if (!text.empty()) return std::move(text);
  }
  return {};
}

}  // namespace heimdallr::sweep
