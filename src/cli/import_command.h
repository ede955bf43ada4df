// `trace-dump import`.
#pragma once

#include <string>
#include <vector>

namespace heimdallr::cli {

int ImportCommand(const std::vector<std::string>& arguments);

}  // namespace heimdallr::cli
