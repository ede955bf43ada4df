// Bytes as text that is safe to show: names in a trace come from whoever wrote the program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heimdallr::base {

/// Bytes of the UTF-8 character that `text` begins with, if it is well-formed (RFC 3629: no
/// overlong forms, no surrogates) and no control character; else 0. `text` is not empty.
[[nodiscard]] std::size_t PrintableLength(std::string_view text);

/// Whether `bytes` are valid UTF-8 (RFC 3629) without a NUL. Other control characters are text.
[[nodiscard]] bool IsText(std::string_view bytes);

/// `bytes` as UTF-8 text on one line: what is not printable becomes \xNN of its byte.
[[nodiscard]] std::string Printable(std::string_view bytes);

/// Two hexadecimal digits a byte.
[[nodiscard]] std::string Hexadecimal(std::string_view bytes);

}  // namespace heimdallr::base
