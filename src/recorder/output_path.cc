#include "recorder/output_path.h"

#include <fmt/format.h>

namespace heimdallr::recorder {

absl::StatusOr<std::string> ExpandOutputPattern(std::string_view pattern,
                                                const OutputNames& names) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      path += pattern[i];
      continue;
    }
    const char letter = ++i < pattern.size() ? pattern[i] : '\0';
    switch (letter) {
      case 'p':
        path += std::to_string(names.pid);
        break;
      case 'h':
        path += names.host;
        break;
      case 'c':
        path += names.command;
        break;
      case '%':
        path += '%';
        break;
      default:
        return absl::InvalidArgumentError(fmt::format(
            "output name '{}': '%{}' is not known; use %p (process id), %h (host), %c (command) or "
            "%% (a percent sign)",
            pattern, letter == '\0' ? std::string() : std::string(1, letter)));
    }
  }
  return path;
}

}  // namespace heimdallr::recorder
