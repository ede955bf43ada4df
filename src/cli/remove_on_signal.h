// Temporary files do not outlive an interruption.
#pragma once

#include <string>

namespace heimdallr::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP remove the file `path` before they end the program as
/// usual. One at a time.
class RemoveOnSignal {
 public:
  explicit RemoveOnSignal(const std::string& path);
  RemoveOnSignal(const RemoveOnSignal&) = delete;
  RemoveOnSignal& operator=(const RemoveOnSignal&) = delete;
  ~RemoveOnSignal();
};

}  // namespace heimdallr::cli
