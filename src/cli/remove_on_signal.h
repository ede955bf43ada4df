// Temporary files do not outlive an interruption.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP remove the file `path`, or the folder with the files
/// in it, and then those of `folders` that are empty, in their order; then they end the program as
/// usual. One at a time.
class RemoveOnSignal {
 public:
  explicit RemoveOnSignal(std::string path, std::vector<std::string> folders = {});
  RemoveOnSignal(const RemoveOnSignal&) = delete;
  RemoveOnSignal& operator=(const RemoveOnSignal&) = delete;
  ~RemoveOnSignal();
};

}  // namespace heimdallr::cli
