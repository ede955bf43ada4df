// Telling text from bytes that are none.
#pragma once

#include <cstddef>
#include <string_view>

namespace heimdallr::cli {

/// Bytes of the UTF-8 character that `text` begins with, if it is well-formed (RFC 3629: no
/// overlong forms, no surrogates) and no control character; else 0. `text` is not empty.
[[nodiscard]] std::size_t PrintableLength(std::string_view text);

}  // namespace heimdallr::cli
