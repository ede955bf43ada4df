// Manual pages in roff.
#pragma once

#include <string>
#include <vector>

#include "cli/command_description.h"

namespace heimdallr::cli {

struct Subcommand {
  std::string name;  ///< "objects"
  std::string purpose;
};

/// A page of section 1, warning-free in groff. With `subcommands` it lists these and refers to
/// their pages, which are called "NAME-SUBCOMMAND".
[[nodiscard]] std::string ManualPage(const CommandDescription& command,
                                     const std::vector<Subcommand>& subcommands);

}  // namespace heimdallr::cli
