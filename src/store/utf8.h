// Which bytes are text.
#pragma once

#include <string_view>

namespace heimdallr::store {

/// Whether `bytes` are valid UTF-8 (RFC 3629) without a NUL, at which SQLite's text would end.
[[nodiscard]] bool IsText(std::string_view bytes);

}  // namespace heimdallr::store
