// `heimdallr events`.
#pragma once

#include <string>
#include <vector>

#include "cli/command_description.h"

namespace heimdallr::cli {

inline constexpr char kEventsPurpose[] = "List the events that this machine can sample";

/// Exit status: 0; 125 when there is nothing to list.
int EventsMain(const std::vector<std::string>& arguments);

[[nodiscard]] CommandDescription DescribeEventsCommand();

}  // namespace heimdallr::cli
