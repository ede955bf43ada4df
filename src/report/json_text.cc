#include "report/json_text.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/printable.h"

namespace heimdallr::report {

void JsonText::Key(std::string_view key) {
  Comma();
  out_.push_back('"');
  out_ += key;
  out_ += "\":";
}

void JsonText::AppendNumber(std::uint64_t value) {
  const fmt::format_int text(value);
  out_.append(text.data(), text.size());
}

void JsonText::AppendNumber(std::int64_t value) {
  const fmt::format_int text(value);
  out_.append(text.data(), text.size());
}

// JSON has neither infinity nor NaN; a damaged trace may.
void JsonText::Append(double value) {
  fmt::format_to(std::back_inserter(out_), "{:.12g}", std::isfinite(value) ? value : 0.0);
}

void JsonText::Append(std::string_view text) {
  out_.push_back('"');
  for (const char c : base::Printable(text)) {
    if (c == '"' || c == '\\') {
      out_.push_back('\\');
      out_.push_back(c);
    } else if (c == '<') {  // neither "</script>" nor "<!--" may occur in the element
      out_ += "\\u003c";
    } else {
      out_.push_back(c);
    }
  }
  out_.push_back('"');
}

std::string AddressText(std::uint64_t address) { return fmt::format("0x{:x}", address); }

}  // namespace heimdallr::report
