// What the commands that print a table of a profile have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "analysis/profile_rows.h"
#include "cli/trace_profile.h"

namespace CLI {
class App;
}

namespace heimdallr::cli {

/// The options as they stand on the command line.
struct ProfileOptions {
  std::vector<std::string> paths;
  bool json = false;
  std::string by;
  std::string sort = "accesses";
  RecordingChoice choice;
  std::optional<std::size_t> limit;  ///< none: 30 rows of text, all in JSON

  [[nodiscard]] std::size_t row_limit() const {
    constexpr std::size_t kTextRows = 30;
    return limit.value_or(json ? std::numeric_limits<std::size_t>::max() : kTextRows);
  }
};

void AddProfileOptions(CLI::App& app, analysis::RowKind kind, ProfileOptions& options);

/// What `options.sort` means; nothing if such rows cannot be sorted by it.
[[nodiscard]] std::optional<analysis::RowOrder> OrderOf(const ProfileOptions& options,
                                                        analysis::RowKind kind);

/// Appends the table of one trace.
using AppendTable = std::function<void(const TraceProfile& trace, fmt::memory_buffer& out)>;

/// Profiles each file and prints its table, empty lines between those of text. Returns the exit
/// status.
int PrintProfiles(const ProfileOptions& options, const AppendTable& append);

}  // namespace heimdallr::cli
