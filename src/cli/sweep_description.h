// What the help of `heimdallr sweep` says beside its options.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace heimdallr::cli {

inline constexpr char kSweepPurpose[] = "Record workloads in several modes, many times each";

/// Gives the command its name, description, usage and footer.
void DescribeSweep(CLI::App& app);

/// For an error about the command line: how it is used.
[[nodiscard]] std::string SweepUsageHint();

}  // namespace heimdallr::cli
