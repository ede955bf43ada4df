// Strings in JSON.
#pragma once

#include <string>
#include <string_view>

namespace heimdallr::exports {

/// Appends a JSON string of `text` with its quotes; `text` is as of base::Printable.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace heimdallr::exports
