// Whether a program can be given the interposer, and the environment that does it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::recorder {

/// File that execvp(3) would run for `command`; nullopt when there is none (exec will say so).
[[nodiscard]] std::optional<std::string> FindExecutable(const std::string& command);

/// What the interposer comes to in a program.
struct InterposerFit {
  enum class Kind {
    kWorks,     ///< also for scripts and files that cannot be read
    kNoEffect,  ///< not in this program, but in those it starts
    kHarmful,   ///< the program would not start, or complain
  };
  Kind kind = Kind::kWorks;
  std::string reason;  ///< for people; empty for kWorks
};

[[nodiscard]] InterposerFit FitOfInterposer(const std::string& executable);

/// What is to be loaded into a program, and what it is told.
struct Preload {
  std::vector<std::string> libraries;  ///< paths, in the order of LD_PRELOAD
  std::vector<std::string> settings;   ///< NAME=VALUE
};

/// The environment `current` with the libraries added in front of LD_PRELOAD, and with the settings
/// in place of what it has of these names. FailedPrecondition when a library's path has a space or
/// colon, which LD_PRELOAD cannot hold.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> InterposedEnvironment(
    std::vector<std::string> current, const Preload& preload);

/// This process's environment as NAME=VALUE.
[[nodiscard]] std::vector<std::string> CurrentEnvironment();

/// Those entries that change how a program uses memory and threads.
[[nodiscard]] std::vector<std::string> RelevantEnvironment(
    const std::vector<std::string>& environment);

}  // namespace heimdallr::recorder
