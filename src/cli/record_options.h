// The command line of `heimdallr`.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "recorder/options.h"

namespace heimdallr::cli {

enum class Verbosity { kQuiet, kNormal, kVerbose };

struct RecordCommand {
  recorder::RecorderOptions options;
  Verbosity verbosity = Verbosity::kNormal;
};

/// The command line asks for nothing to be run: text to print, and the exit status.
struct PrintAndExit {
  std::string output;  ///< for standard output
  std::string error;   ///< for standard error
  int exit_status = 0;
};

/// Reads `arguments`, without the program's name.
[[nodiscard]] std::variant<RecordCommand, PrintAndExit> ParseRecordCommand(
    const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
