// Names of a trace as text that is safe to show.
#pragma once

#include <string>
#include <string_view>

namespace heimdallr::report {

/// `bytes` as UTF-8: what is none (RFC 3629), and control characters, stand as \xNN.
[[nodiscard]] std::string PlainText(std::string_view bytes);

}  // namespace heimdallr::report
