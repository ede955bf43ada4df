// Parsing the options of one command of trace-dump.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace heimdallr::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;     ///< a file is not whole, or cannot be read
inline constexpr int kUsageError = 2;  ///< the command line makes no sense

/// Makes the help of `app` begin with this line instead of the one the parser makes up.
void SetUsage(CLI::App& app, std::string usage);

/// Parses `arguments` (without program and command) by `app`, whose name begins messages. Prints
/// help (for `--help-man` and the like in that format), or one line about what is wrong and where
/// to read on. Returns the exit status if there is nothing else to do.
[[nodiscard]] std::optional<int> ParseArguments(CLI::App& app, std::vector<std::string> arguments);

/// Prints that line for a mistake found after parsing and returns kUsageError.
int WrongUse(std::string_view command, std::string_view what);

}  // namespace heimdallr::cli
