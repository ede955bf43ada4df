#include "cli/json_writer.h"

#include <cmath>
#include <iterator>

#include "base/printable.h"

namespace heimdallr::cli {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

}  // namespace

// JSON has no infinity and no NaN; a weight is neither, so a damaged one becomes 0.
void JsonWriter::Float(std::string_view key, float value) {
  Key(key);
  if (value == 1.0F) {
    out_.push_back('1');
  } else {
    fmt::format_to(std::back_inserter(out_), "{}", std::isfinite(value) ? value : 0.0F);
  }
}

void JsonWriter::Double(std::string_view key, double value) {
  Key(key);
  fmt::format_to(std::back_inserter(out_), "{}", std::isfinite(value) ? value : 0.0);
}

void JsonWriter::String(std::string_view key, std::string_view bytes) {
  Key(key);
  AppendString(bytes);
}

void JsonWriter::StringElement(std::string_view bytes) {
  Comma();
  AppendString(bytes);
}

void JsonWriter::AddressElement(std::uint64_t address) {
  Comma();
  AppendAddress(address);
}

void JsonWriter::NumberElement(std::uint64_t value) {
  Comma();
  Append(std::to_string(value));
}

void JsonWriter::AppendAddress(std::uint64_t address) {
  char text[20];
  char* at = std::end(text);
  *--at = '"';
  do {
    *--at = kDigits[address & 15];
    address >>= 4;
  } while (address != 0);
  *--at = 'x';
  *--at = '0';
  *--at = '"';
  out_.append(at, std::end(text));
}

void JsonWriter::HexBytes(std::string_view key, std::string_view bytes) {
  Key(key);
  out_.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out_.push_back(kDigits[byte >> 4]);
    out_.push_back(kDigits[byte & 15]);
  }
  out_.push_back('"');
}

void JsonWriter::AppendString(std::string_view bytes) {
  out_.push_back('"');
  while (!bytes.empty()) {
    const std::size_t length = base::PrintableLength(bytes);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(bytes[0]);
      Append("\\u00");
      out_.push_back(kDigits[byte >> 4]);
      out_.push_back(kDigits[byte & 15]);
      bytes.remove_prefix(1);
      continue;
    }
    if (bytes[0] == '"' || bytes[0] == '\\') out_.push_back('\\');
    Append(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  out_.push_back('"');
}

}  // namespace heimdallr::cli
