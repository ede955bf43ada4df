// Parsing the options of one of heimdallr's commands that record nothing themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace heimdallr::cli {

/// As of env(1) and timeout(1): not the program's own.
inline constexpr int kRecordingFailed = 125;

/// Parses `arguments` (behind the command's name) by `app`. Prints help (for `--help-man` and the
/// like in that format), or what is wrong and `usage`. Returns the exit status if there is nothing
/// else to do.
[[nodiscard]] std::optional<int> ParseSubcommand(CLI::App& app,
                                                 const std::vector<std::string>& arguments,
                                                 std::string_view usage);

}  // namespace heimdallr::cli
