// Strings in JSON.
#pragma once

#include <string_view>

#include <fmt/format.h>

namespace heimdallr::exports {

/// Appends a JSON string of `text` with its quotes; `text` is as of base::Printable.
void AppendJsonString(std::string_view text, fmt::memory_buffer& out);

}  // namespace heimdallr::exports
