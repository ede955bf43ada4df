// The viewer's sources as one page (README.md, "The viewer's sources").
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::report {

struct ViewerFile {
  std::string name;  ///< for messages, and what others import it by
  std::string text;
};

/// One script that is the modules in their order, each of which imports only from those before it.
/// InvalidArgument, with file and line, for an import or export of another form, a name that two
/// modules declare, and what would end the script element.
[[nodiscard]] absl::StatusOr<std::string> JoinModules(const std::vector<ViewerFile>& modules);

struct PageParts {
  std::string before_report;
  std::string before_chunks;
  std::string after_chunks;
};

/// The page with style and script in it, parted where the data belong. InvalidArgument, with file
/// and line, if a place is missing, occurs twice or comes too early, and for what would end the
/// style element.
[[nodiscard]] absl::StatusOr<PageParts> SplitPage(const ViewerFile& page, const ViewerFile& style,
                                                  const std::string& script);

}  // namespace heimdallr::report
