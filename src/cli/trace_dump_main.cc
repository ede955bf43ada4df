#include "cli/trace_dump_main.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/code_command.h"
#include "cli/command_line.h"
#include "cli/objects_command.h"
#include "cli/plain_text.h"
#include "cli/print_command.h"
#include "cli/summary_command.h"
#include "cli/validate_command.h"
#include "cli/version.h"

namespace heimdallr::cli {
namespace {

using Arguments = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view purpose;
  int (*run)(const Arguments& arguments);
};

constexpr Command kCommands[] = {
    {"summary", "what a recording holds, in short; the default", SummaryCommand},
    {"objects", "which objects are accessed: blocks, variables, mappings, stacks", ObjectsCommand},
    {"code", "which functions or lines make the accesses", CodeCommand},
    {"print", "its records one by one, as text or JSON, filtered", PrintCommand},
    {"validate", "whether a file is whole, or up to where it is good", ValidateCommand},
};

const Command* FindCommand(std::string_view name) {
  const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [name](const Command& command) { return command.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

std::string CommandNames() {
  std::string names;
  for (const Command& command : kCommands) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", command.name);
  }
  return names;
}

constexpr std::string_view kUsage = "Usage: trace-dump [COMMAND] [options] FILE...\n";

int Help() {
  fmt::print("Reads traces that heimdallr recorded.\n\n{}\nCommands:\n", kUsage);
  for (const Command& command : kCommands)
    fmt::print("  {:<9} {}\n", command.name, command.purpose);
  fmt::print(
      "\nOptions:\n"
      "  -h,--help    this text; after a command, that command's options and examples\n"
      "  --version    the version of this program\n"
      "\n"
      "A file that is called like a command is given with its folder: trace-dump ./summary\n"
      "\n"
      "Exit status: 0; 1 if a file is not whole or cannot be read (what is readable is shown); 2 "
      "if\n"
      "the command line is wrong.\n"
      "\n"
      "Example:\n"
      "  heimdallr -o solver.htrace -- ./solver && trace-dump solver.htrace\n");
  return kSuccess;
}

// A word that can only be meant as a command.
bool LooksLikeCommand(const std::string& argument) {
  const bool is_word = std::all_of(argument.begin(), argument.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return is_word && !argument.starts_with('-') && access(argument.c_str(), F_OK) != 0;
}

int Run(const Arguments& arguments) {
  const std::string& first = arguments.front();
  if (first == "--version") {
    fmt::print("trace-dump {}\n", kVersion);
    return kSuccess;
  }
  if (first == "-h" || first == "--help") return Help();
  if (const Command* command = FindCommand(first)) {
    return command->run(Arguments(arguments.begin() + 1, arguments.end()));
  }
  if (LooksLikeCommand(first)) {
    return WrongUse("trace-dump", fmt::format("'{}' is neither a file nor one of the commands {}",
                                              first, CommandNames()));
  }
  return SummaryCommand(arguments);
}

}  // namespace

int TraceDumpMain(int argc, char** argv) {
  // A reader that goes away is seen when writing fails; `| head` is no reason to be killed.
  std::signal(SIGPIPE, SIG_IGN);
  if (argc < 2) {
    fmt::print(stderr, "{}Try 'trace-dump --help'.\n", kUsage);
    return kUsageError;
  }
  return Run(Arguments(argv + 1, argv + argc));
}

}  // namespace heimdallr::cli
