// Names as other programs can bear them.
#pragma once

#include <string>
#include <string_view>

namespace heimdallr::exports {

/// `bytes` as UTF-8 text on one line: what is no well-formed UTF-8 (RFC 3629), and each control
/// character, becomes \xNN of its byte. Names in a trace come from whoever wrote the program.
[[nodiscard]] std::string Printable(std::string_view bytes);

/// Appends a JSON string of `text` with its quotes; `text` is Printable.
void AppendJsonString(std::string_view text, std::string& out);

/// Two hexadecimal digits a byte.
[[nodiscard]] std::string HexDigits(std::string_view bytes);

}  // namespace heimdallr::exports
