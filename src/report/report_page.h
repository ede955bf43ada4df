// Recordings as one page.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "report/page_server.h"
#include "report/report_input.h"

namespace heimdallr::report {

/// Every page begins with this; by it a report is known as one.
inline constexpr std::string_view kPageMark = "<!-- heimdallr report -->\n";

/// What is in the page of one recording.
struct RunSummary {
  std::uint64_t accesses = 0;  ///< that pass the filter: all counts are of these
  std::uint64_t samples = 0;   ///< of them that are in the page one by one
  bool complete = false;       ///< all of them
};

/// Gives pieces of a page, in order, to `write`, whose error ends it. One input, or two that are
/// compared. `tool` is name and version of the program. Errors of opening the inputs and of
/// temporary files. Memory is bounded whatever the number of records.
[[nodiscard]] absl::StatusOr<std::vector<RunSummary>> WritePage(
    const std::vector<ReportInput>& inputs, const ReportLimits& limits, const std::string& tool,
    const std::function<absl::Status(std::string_view)>& write);

/// The same page with its samples beside it: all of them, in temporary files that are gone with it.
struct ServedReport {
  PageContents contents;
  std::vector<RunSummary> runs;
};
[[nodiscard]] absl::StatusOr<ServedReport> PackReport(const std::vector<ReportInput>& inputs,
                                                      const ReportLimits& limits,
                                                      const std::string& tool);

}  // namespace heimdallr::report
