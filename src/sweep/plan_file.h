// Plans written as TOML; plan.toml beside this file is an example with each key.
#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "sweep/plan.h"

namespace heimdallr::sweep {

/// Reads the plan in `path`. Its modes are DefaultModes() if it has none, its names are distinct
/// and its options checked by `check`. InvalidArgument "FILE:LINE: ..." names the key and what it
/// takes; else errors by errno. Folders in it are taken from `current_folder` on.
[[nodiscard]] absl::StatusOr<Plan> ReadPlanFile(const std::string& path,
                                                const std::string& current_folder,
                                                const OptionCheck& check);

/// The same of a text; `name` is the file's in messages.
[[nodiscard]] absl::StatusOr<Plan> ParsePlan(std::string_view text, const std::string& name,
                                             const std::string& current_folder,
                                             const OptionCheck& check);

}  // namespace heimdallr::sweep
