// Help for readers that are not people: man(1) and shells.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_description.h"

namespace heimdallr::cli {

enum class HelpFormat {
  kManualPage,   ///< roff
  kBashOptions,  ///< the command's part of the completion script
  kZshOptions,
};

/// The format that `arguments` ask for, if they are one of the words "--help-man", "--help-bash"
/// and
/// "--help-zsh" and nothing else. The build makes the installed files by them; help does not list
/// them.
[[nodiscard]] std::optional<HelpFormat> AskedFor(const std::vector<std::string>& arguments);

/// A command of trace-dump in that format.
[[nodiscard]] std::string Format(const CommandDescription& command, HelpFormat format);

}  // namespace heimdallr::cli
