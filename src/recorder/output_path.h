// Names of trace files.
#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace heimdallr::recorder {

struct OutputNames {
  std::string command;  ///< file name of the program
  std::string host;
  int pid = 0;  ///< of the workload
};

/// Replaces %p (process id), %h (host), %c (command) and %% in `pattern`. InvalidArgument for any
/// other %.
[[nodiscard]] absl::StatusOr<std::string> ExpandOutputPattern(std::string_view pattern,
                                                              const OutputNames& names);

}  // namespace heimdallr::recorder
