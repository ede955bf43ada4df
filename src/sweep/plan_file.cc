#include "sweep/plan_file.h"

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "base/printable.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "base/toml_table.h"
#include "sweep/shell_words.h"

namespace heimdallr::sweep {
namespace {

using base::TomlTable;

constexpr std::uint64_t kMostNodes = 1023;  // MAX_NUMNODES of the kernel, less one

// Keys of a mode whose value becomes that of an option of heimdallr, unchanged.
struct TextOption {
  std::string_view key;
  std::string_view option;
};
constexpr TextOption kTextOptions[] = {
    {"memory", "--memory"}, {"source", "--source"}, {"stacks", "--stacks"}};
constexpr TextOption kFlagOptions[] = {{"dry", "--dry-run"}, {"faults", "--faults"}};
struct NumberOption {
  std::string_view key;
  std::string_view option;
  std::uint64_t least;
  std::uint64_t most;
};
constexpr NumberOption kNumberOptions[] = {{"mem_node", "--mem-node", 0, kMostNodes},
                                           {"cpu_node", "--cpu-node", 0, kMostNodes},
                                           {"frequency", "--frequency", 1, 100'000}};

class ModeReader {
 public:
  ModeReader(TomlTable& table, const std::string& current_folder, const OptionCheck& check)
      : table_(table), current_folder_(current_folder), check_(check) {}

  absl::StatusOr<Mode> Read() {
    ASSIGN_OR_RETURN(const std::optional<std::string> name, table_.Text("name"));
    if (!name) return table_.Wrong("has no 'name'");
    if (const std::string problem = ProblemOfModeName(*name); !problem.empty()) {
      return table_.Wrong("name", fmt::format("is '{}': {}", base::Printable(*name), problem));
    }
    mode_.name = *name;
    RETURN_IF_ERROR(ReadValues());
    RETURN_IF_ERROR(ReadEvents());
    ASSIGN_OR_RETURN(mode_.environment, table_.TextTable("environment"));
    ASSIGN_OR_RETURN(const auto options, table_.Texts("options"));
    if (options) RETURN_IF_ERROR(Add("options", WithWholePaths(*options)));
    RETURN_IF_ERROR(table_.NoOtherKeys());
    const auto frequency = check_(mode_.options);
    // Each key was good alone.
    if (!frequency.ok()) {
      return table_.Wrong(fmt::format("'{}' asks for what does not go together: {}", mode_.name,
                                      base::Message(frequency.status())));
    }
    mode_.frequency_hz = *frequency;
    return std::move(mode_);
  }

 private:
  absl::Status ReadValues() {
    for (const auto& [key, option] : kTextOptions) {
      ASSIGN_OR_RETURN(const auto value, table_.Text(key));
      if (value) RETURN_IF_ERROR(Add(key, {fmt::format("{}={}", option, *value)}));
    }
    for (const auto& [key, option, least, most] : kNumberOptions) {
      ASSIGN_OR_RETURN(const auto value, table_.Whole(key, least, most));
      if (value) RETURN_IF_ERROR(Add(key, {fmt::format("{}={}", option, *value)}));
    }
    for (const auto& [key, option] : kFlagOptions) {
      ASSIGN_OR_RETURN(const auto value, table_.Flag(key));
      if (value.value_or(false)) RETURN_IF_ERROR(Add(key, {std::string(option)}));
    }
    return absl::OkStatus();
  }

  // A string is a file that describes events, an array the events themselves.
  absl::Status ReadEvents() {
    if (table_.IsText("events")) {
      ASSIGN_OR_RETURN(const auto file, table_.Text("events"));
      return Add("events", {fmt::format("--events={}", InCurrentFolder(*file))});
    }
    ASSIGN_OR_RETURN(const auto events, table_.Texts("events"));
    if (!events) return absl::OkStatus();
    std::vector<std::string> options;
    for (const std::string& event : *events) options.push_back(fmt::format("--event={}", event));
    return Add("events", options);
  }

  // A run begins in the folder of its workload, the plan names files as seen from where the sweep
  // was started.
  [[nodiscard]] std::string InCurrentFolder(const std::string& file) const {
    return (std::filesystem::path(current_folder_) / file).lexically_normal().string();
  }

  [[nodiscard]] std::vector<std::string> WithWholePaths(std::vector<std::string> options) const {
    constexpr std::string_view kEvents = "--events";
    for (std::size_t i = 0; i < options.size(); ++i) {
      std::string& option = options[i];
      if (option.starts_with("--events=")) {
        option = fmt::format("{}={}", kEvents, InCurrentFolder(option.substr(kEvents.size() + 1)));
      } else if (i > 0 && options[i - 1] == kEvents) {
        option = InCurrentFolder(option);
      }
    }
    return options;
  }

  absl::Status Add(std::string_view key, const std::vector<std::string>& options) {
    if (const auto good = check_(options); !good.ok()) {
      return table_.Wrong(key, fmt::format("is refused: {}", base::Message(good.status())));
    }
    mode_.options.insert(mode_.options.end(), options.begin(), options.end());
    return absl::OkStatus();
  }

  TomlTable& table_;
  const std::string& current_folder_;
  const OptionCheck& check_;
  Mode mode_;
};

absl::StatusOr<std::vector<std::string>> CommandOf(TomlTable& table) {
  std::vector<std::string> words;
  if (table.IsText("command")) {
    ASSIGN_OR_RETURN(const auto line, table.Text("command"));
    auto split = SplitShellWords(line.value_or(""));
    if (!split.ok()) return table.Wrong("command", base::Message(split.status()));
    words = *std::move(split);
  } else {
    ASSIGN_OR_RETURN(auto array, table.Texts("command"));
    if (!array) {
      return table.Wrong("has no 'command': a string as a shell splits it, or an array of words");
    }
    words = *std::move(array);
  }
  if (words.empty() || words.front().empty()) return table.Wrong("command", "names no program");
  return words;
}

absl::StatusOr<Workload> ReadWorkload(TomlTable& table, const std::string& current_folder) {
  ASSIGN_OR_RETURN(const std::optional<std::string> name, table.Text("name"));
  ASSIGN_OR_RETURN(std::vector<std::string> command, CommandOf(table));
  ASSIGN_OR_RETURN(const std::optional<std::string> folder, table.Text("folder"));
  const std::filesystem::path current(current_folder);
  Workload workload{.name = name.value_or(""),
                    .command = std::move(command),
                    .folder = (current / folder.value_or("")).lexically_normal().string()};
  if (name) {
    const std::string problem = ProblemOfWorkloadName(*name);
    if (!problem.empty()) {
      return table.Wrong("name", fmt::format("is '{}': {}", base::Printable(*name), problem));
    }
  }
  std::error_code error;
  if (!std::filesystem::is_directory(workload.folder, error)) {
    return table.Wrong(
        "folder", fmt::format("is '{}', which is no folder", base::Printable(workload.folder)));
  }
  ASSIGN_OR_RETURN(workload.environment, table.TextTable("environment"));
  ASSIGN_OR_RETURN(const auto exit_status, table.Whole("exit_status", 0, 255));
  workload.exit_status = static_cast<int>(exit_status.value_or(0));
  RETURN_IF_ERROR(table.NoOtherKeys());
  return workload;
}

absl::Status ReadTop(TomlTable& top, Plan& plan) {
  ASSIGN_OR_RETURN(const auto repetitions, top.Whole("repetitions", 1, kMaxRepetitions));
  if (!repetitions) {
    return top.Wrong(
        fmt::format("has no 'repetitions', a whole number from 1 to {}", kMaxRepetitions));
  }
  plan.repetitions = static_cast<std::uint32_t>(*repetitions);
  ASSIGN_OR_RETURN(plan.seed, top.Whole("seed", 0, kMaxSeed));
  ASSIGN_OR_RETURN(plan.timeout_seconds, top.Positive("timeout", kMaxTimeoutSeconds));
  return absl::OkStatus();
}

// Where the second of two equal names stands.
template <typename Part>
absl::Status CheckNames(const std::vector<TomlTable>& tables, const std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (parts[i].name != parts[k].name) continue;
      return tables[i].Wrong("name", fmt::format("is '{}', as that of another one", parts[i].name));
    }
  }
  return absl::OkStatus();
}

// Names that were given must differ; others are made to.
absl::Status ReadWorkloads(TomlTable& top, const std::string& current_folder, Plan& plan) {
  ASSIGN_OR_RETURN(std::vector<TomlTable> tables, top.Tables("workload"));
  if (tables.empty()) return top.Wrong("has no workload; each begins with [[workload]]");
  std::vector<TomlTable> named_tables;
  std::vector<Workload> named;
  for (TomlTable& table : tables) {
    ASSIGN_OR_RETURN(Workload workload, ReadWorkload(table, current_folder));
    if (table.Has("name")) {
      named_tables.push_back(table);
      named.push_back(workload);
    }
    plan.workloads.push_back(std::move(workload));
  }
  RETURN_IF_ERROR(CheckNames(named_tables, named));
  NameTheUnnamed(plan.workloads);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Plan> ReadPlanFile(const std::string& path, const std::string& current_folder,
                                  const OptionCheck& check) {
  const auto text = base::ReadSmallFile(path);
  if (!text.ok()) return text.status();
  return ParsePlan(*text, path, current_folder, check);
}

absl::StatusOr<Plan> ParsePlan(std::string_view text, const std::string& name,
                               const std::string& current_folder, const OptionCheck& check) {
  ASSIGN_OR_RETURN(const toml::table parsed, base::ParseToml(text, name));
  TomlTable top(parsed, name, "the plan");
  Plan plan;
  RETURN_IF_ERROR(ReadTop(top, plan));
  ASSIGN_OR_RETURN(std::vector<TomlTable> modes, top.Tables("mode"));
  for (TomlTable& table : modes) {
    ASSIGN_OR_RETURN(Mode mode, ModeReader(table, current_folder, check).Read());
    plan.modes.push_back(std::move(mode));
  }
  RETURN_IF_ERROR(CheckNames(modes, plan.modes));
  if (plan.modes.empty()) plan.modes = DefaultModes();
  RETURN_IF_ERROR(ReadWorkloads(top, current_folder, plan));
  RETURN_IF_ERROR(top.NoOtherKeys());
  return plan;
}

}  // namespace heimdallr::sweep
