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
#include "cli/command_description.h"
#include "cli/command_line.h"
#include "cli/completion_script.h"
#include "cli/convert_command.h"
#include "cli/export_command.h"
#include "cli/help_format.h"
#include "cli/import_command.h"
#include "cli/list_command.h"
#include "cli/manual_page.h"
#include "cli/objects_command.h"
#include "cli/plain_text.h"
#include "cli/plot_command.h"
#include "cli/print_command.h"
#include "cli/report_command.h"
#include "cli/serve_command.h"
#include "cli/stat_command.h"
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
    {"report", "the picture as an HTML file: accesses, objects, code; one run, or two compared",
     ReportCommand},
    {"serve", "the same page from this machine to a browser on it, for large recordings",
     ServeCommand},
    {"plot", "the accesses as a picture in the terminal: time x address", PlotCommand},
    {"print", "its records one by one, as text or JSON, filtered", PrintCommand},
    {"convert", "into a SQLite database, several recordings in one", ConvertCommand},
    {"list", "which recordings databases and folders hold", ListCommand},
    {"stat", "time and overhead over the repetitions of runs", StatCommand},
    {"export", "in formats of other tools: pprof, Perfetto, CSV, Parquet and more", ExportCommand},
    {"import", "a recording of perf record, as a trace", ImportCommand},
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

constexpr std::string_view kPurpose = "Reads traces that heimdallr recorded.";
constexpr std::string_view kUsage = "trace-dump [COMMAND] [options] FILE...";
constexpr std::string_view kFooter = R"(
A file that is called like a command is given with its folder: trace-dump ./summary

Exit status: 0; 1 if a file is not whole or cannot be read (what is readable is shown); 2 if
the command line is wrong.

Example:
  heimdallr -o solver.htrace -- ./solver && trace-dump solver.htrace
)";

CommandDescription DescribeProgram() {
  return {.name = "trace-dump",
          .usage = std::string(kUsage),
          .description = std::string(kPurpose),
          .options = {{.names = {"-h", "--help"},
                       .description = "this text; after a command, that command's options and "
                                      "examples"},
                      {.names = {"--version"}, .description = "the version of this program"}},
          .footer = std::string(kFooter)};
}

int Help() {
  fmt::print("{}\n\nUsage: {}\n\nCommands:\n", kPurpose, kUsage);
  for (const Command& command : kCommands)
    fmt::print("  {:<9} {}\n", command.name, command.purpose);
  fmt::print("\nOptions:\n");
  for (const OptionDescription& option : DescribeProgram().options) {
    fmt::print("  {:<12} {}\n", fmt::format("{}", fmt::join(option.names, ",")),
               option.description);
  }
  fmt::print("{}", kFooter);
  return kSuccess;
}

// The manual page, or the completion script with the part of each command.
int Help(HelpFormat format) {
  std::vector<Subcommand> commands;
  for (const Command& one : kCommands) {
    commands.push_back({std::string(one.name), std::string(one.purpose)});
  }
  if (format == HelpFormat::kManualPage) {
    fmt::print("{}", ManualPage(DescribeProgram(), commands));
    return kSuccess;
  }
  const bool bash = format == HelpFormat::kBashOptions;
  const CompletionFrame frame = bash ? BashOfCommands("trace-dump", commands, "summary")
                                     : ZshOfCommands("trace-dump", commands, "summary");
  fmt::print("{}", frame.head);
  for (const Command& command : kCommands) command.run({bash ? "--help-bash" : "--help-zsh"});
  fmt::print("{}", frame.tail);
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
  if (const auto format = AskedFor(arguments)) return Help(*format);
  if (first == "--help-commands") {  // whose manual pages there are
    for (const Command& command : kCommands) fmt::print("{}\n", command.name);
    return kSuccess;
  }
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
    fmt::print(stderr, "Usage: {}\nTry 'trace-dump --help'.\n", kUsage);
    return kUsageError;
  }
  return Run(Arguments(argv + 1, argv + argc));
}

}  // namespace heimdallr::cli
