#include "cli/csv_writer.h"

#include <cmath>
#include <iterator>
#include <string>

#include "base/printable.h"

namespace heimdallr::cli {

void CsvWriter::Text(std::string_view bytes) {
  Separate();
  std::string text = base::Printable(bytes);
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos) {
    text.insert(text.begin(), '\'');
  }
  if (text.find_first_of(",\"") == std::string::npos) {
    out_.append(text.data(), text.data() + text.size());
    return;
  }
  out_.push_back('"');
  for (const char c : text) {
    if (c == '"') out_.push_back('"');
    out_.push_back(c);
  }
  out_.push_back('"');
}

void CsvWriter::Double(double value) {
  Separate();
  if (std::isfinite(value)) fmt::format_to(std::back_inserter(out_), "{}", value);
}

void CsvWriter::EndRow() {
  out_.push_back('\r');
  out_.push_back('\n');
  first_ = true;
}

}  // namespace heimdallr::cli
