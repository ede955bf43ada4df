// The command line of `heimdallr sweep`.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/command_description.h"
#include "cli/record_options.h"
#include "sweep/plan.h"

namespace heimdallr::cli {

enum class SweepAction { kRun, kResume, kListPlan, kListMissing };

struct SweepCommand {
  SweepAction action = SweepAction::kRun;
  std::string folder;  ///< for the results; empty with kListPlan alone
  /// What to run; empty when the sweep that is resumed has it.
  sweep::Plan plan;
  bool plan_given = true;
  Verbosity verbosity = Verbosity::kNormal;
};

/// Reads `arguments`, those behind the word "sweep", and the plan's file if they name one.
[[nodiscard]] std::variant<SweepCommand, PrintAndExit> ParseSweepCommand(
    const std::vector<std::string>& arguments);

[[nodiscard]] CommandDescription DescribeSweepCommand();

/// Whether this machine has the memory and processors that each mode asks for; the error names the
/// mode and says in a line what cannot be had.
[[nodiscard]] absl::Status CheckModesHere(const sweep::Plan& plan);

/// What is wrong with options of heimdallr in a plan, or the samples a second they ask for. Those
/// that a sweep sets itself, such as --output, are wrong.
[[nodiscard]] absl::StatusOr<std::uint32_t> CheckModeOptions(
    const std::vector<std::string>& options);

}  // namespace heimdallr::cli
