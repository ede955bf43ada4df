// The environment variables that memkind reads. A wrong one makes it end the program (abort), or
// give no memory without a reason, so they are looked at before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "heimdallr/trace_header.h"

namespace heimdallr::topology {

/// Whether memkind 1.14 can work with what `environment` (NAME=VALUE) says. `kind` is the kind's
/// name, empty for a file-backed heap: variables that it does not read are not looked at.
/// `allowed_nodes` are those of the process's cpuset, empty if not known. InvalidArgument names the
/// variable, its value and what it may be.
[[nodiscard]] absl::Status CheckMemkindSettings(const std::vector<std::string>& environment,
                                                std::string_view kind,
                                                const std::vector<NodeInfo>& nodes,
                                                const std::vector<std::uint32_t>& allowed_nodes);

}  // namespace heimdallr::topology
