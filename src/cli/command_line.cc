#include "cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "cli/help_format.h"

namespace heimdallr::cli {
namespace {

class FixedUsage : public CLI::Formatter {
 public:
  explicit FixedUsage(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return usage_ + "\n";
  }
  // The usage line says all there is to say about files.
  std::string make_positionals(const CLI::App* /*app*/) const override { return {}; }

 private:
  std::string usage_;
};

}  // namespace

void SetUsage(CLI::App& app, std::string usage) {
  app.formatter(std::make_shared<FixedUsage>(std::move(usage)));
}

int WrongUse(std::string_view command, std::string_view what) {
  fmt::print(stderr, "{}: {}. Try '{} --help'.\n", command, base::Printable(what), command);
  return kUsageError;
}

std::optional<int> ParseArguments(CLI::App& app, std::vector<std::string> arguments) {
  if (const auto format = AskedFor(arguments)) {
    const std::string help = Format(Describe(app), *format);
    std::fwrite(help.data(), 1, help.size(), stdout);
    return kSuccess;
  }
  std::reverse(arguments.begin(), arguments.end());  // the parser takes its arguments last first
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    const std::string help = app.help();
    std::fwrite(help.data(), 1, help.size(), stdout);
    return kSuccess;
  } catch (const CLI::ParseError& error) {
    return WrongUse(app.get_name(), error.what());
  }
  return std::nullopt;
}

}  // namespace heimdallr::cli
