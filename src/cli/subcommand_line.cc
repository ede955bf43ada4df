#include "cli/subcommand_line.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command_description.h"
#include "cli/help_format.h"

namespace heimdallr::cli {

std::optional<int> ParseSubcommand(CLI::App& app, const std::vector<std::string>& arguments,
                                   std::string_view usage) {
  if (const auto format = AskedFor(arguments)) {
    std::fputs(Format(Describe(app), *format).c_str(), stdout);
    return 0;
  }
  try {
    // The parser takes its arguments last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "heimdallr: {}\nUsage: {}\n", error.what(), usage);
    return kRecordingFailed;
  }
  return std::nullopt;
}

}  // namespace heimdallr::cli
