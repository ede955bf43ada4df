// Completion of command lines in bash and zsh.
#pragma once

#include <string>
#include <vector>

#include "cli/command_description.h"
#include "cli/manual_page.h"

namespace heimdallr::cli {

/// The part of one command in the script of its program: a branch of a `case` over the last word of
/// its name.
[[nodiscard]] std::string BashOptions(const CommandDescription& command);
[[nodiscard]] std::string ZshOptions(const CommandDescription& command);

/// What a script is made of, in this order: `head`, the options of each command, `tail`.
struct CompletionFrame {
  std::string head;
  std::string tail;
};

/// trace-dump: a command (`fallback` if none is named), its options, traces and databases.
[[nodiscard]] CompletionFrame BashOfCommands(const std::string& program,
                                             const std::vector<Subcommand>& commands,
                                             const std::string& fallback);
[[nodiscard]] CompletionFrame ZshOfCommands(const std::string& program,
                                            const std::vector<Subcommand>& commands,
                                            const std::string& fallback);

/// A subcommand of a program that is not mainly a collection of them.
struct LauncherCommand {
  Subcommand command;
  CommandDescription description;
};

/// heimdallr: options, behind "--" a command with its own completion, and subcommands, whose
/// operands are files. Whole scripts.
[[nodiscard]] std::string BashOfLauncher(const CommandDescription& program,
                                         const std::vector<LauncherCommand>& commands);
[[nodiscard]] std::string ZshOfLauncher(const CommandDescription& program,
                                        const std::vector<LauncherCommand>& commands);

}  // namespace heimdallr::cli
