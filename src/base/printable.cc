#include "base/printable.h"

#include <iterator>

#include <fmt/format.h>

namespace heimdallr::base {
namespace {

unsigned Byte(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// Of the character a first byte announces; 0 = none may begin so.
std::size_t AnnouncedLength(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// The second byte rules out overlong forms, surrogates and what is beyond U+10FFFF.
bool SecondByteFits(unsigned first, unsigned second) {
  const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest;
}

// Of the well-formed character at the beginning; 0 = there is none.
std::size_t CharacterLength(std::string_view text) {
  const unsigned first = Byte(text, 0);
  const std::size_t length = AnnouncedLength(first);
  if (length <= 1) return length;
  if (text.size() < length || !SecondByteFits(first, Byte(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((Byte(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// U+0000 to U+001F, U+007F to U+009F; `text` begins with a well-formed character.
bool IsControl(std::string_view text) {
  const unsigned first = Byte(text, 0);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && Byte(text, 1) < 0xa0);
}

}  // namespace

std::size_t PrintableLength(std::string_view text) {
  const std::size_t length = CharacterLength(text);
  return length == 0 || IsControl(text) ? 0 : length;
}

bool IsText(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = CharacterLength(bytes);
    if (length == 0 || bytes[0] == '\0') return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string Printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = PrintableLength(bytes);
    if (length == 0) {
      fmt::format_to(std::back_inserter(text), "\\x{:02x}", Byte(bytes, 0));
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string Hexadecimal(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{:02x}", Byte(bytes, i));
  }
  return text;
}

}  // namespace heimdallr::base
