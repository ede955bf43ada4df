// What `report` and `serve` are given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/report_input.h"

namespace CLI {
class App;
}

namespace heimdallr::cli {

/// Of the command line.
struct ReportChoice {
  std::vector<std::string> paths;  ///< one, or two to compare
  std::vector<std::string> runs;   ///< of databases: none, one for each path, or two of one path
  std::string time;
  std::string address;
  std::vector<std::string> objects;

  [[nodiscard]] bool selects() const {
    return !time.empty() || !address.empty() || !objects.empty();
  }
};

void AddReportOptions(CLI::App& app, ReportChoice& choice);

/// Says what is wrong with the choice, or gives the recordings in `inputs`. Opens nothing.
[[nodiscard]] std::optional<std::string> MakeReportInputs(const ReportChoice& choice,
                                                          std::vector<report::ReportInput>& inputs);

/// Name and version of this program, as a report has them.
[[nodiscard]] std::string ReportTool();

}  // namespace heimdallr::cli
