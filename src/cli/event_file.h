// Files that describe events to sample.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "recorder/event_request.h"

namespace heimdallr::cli {

/// Streams of a TOML file, in its order; at most 254. InvalidArgument "FILE:LINE: ..." names the
/// key and what is allowed; errors of reading the file by errno. The event itself is not looked at.
[[nodiscard]] absl::StatusOr<std::vector<recorder::EventRequest>> ReadEventFile(
    const std::string& path);

/// The same of a text; `name` stands for the file in errors.
[[nodiscard]] absl::StatusOr<std::vector<recorder::EventRequest>> ParseEvents(
    std::string_view text, const std::string& name);

}  // namespace heimdallr::cli
