#include "export/printable.h"

#include <cstddef>

namespace heimdallr::exports {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

unsigned Byte(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// Bytes of the character that a first byte announces and the range its second byte must be in,
// which rules out overlong forms, surrogates, what is beyond U+10FFFF and the control characters
// U+0080 to U+009F.
struct Announced {
  std::size_t length = 0;  // 0 = no character begins so
  unsigned second_from = 0x80;
  unsigned second_to = 0xbf;
};

Announced AnnouncedBy(unsigned first) {
  if (first == 0xc2) return {.length = 2, .second_from = 0xa0};
  if (first > 0xc2 && first <= 0xdf) return {.length = 2};
  if (first == 0xe0) return {.length = 3, .second_from = 0xa0};
  if (first == 0xed) return {.length = 3, .second_to = 0x9f};
  if (first > 0xe0 && first <= 0xef) return {.length = 3};
  if (first == 0xf0) return {.length = 4, .second_from = 0x90};
  if (first == 0xf4) return {.length = 4, .second_to = 0x8f};
  if (first > 0xf0 && first < 0xf4) return {.length = 4};
  return {};
}

// Bytes of the printable character that `text` begins with, or 0.
std::size_t CharacterLength(std::string_view text) {
  const unsigned first = Byte(text, 0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const Announced announced = AnnouncedBy(first);
  if (announced.length == 0 || text.size() < announced.length) return 0;
  const unsigned second = Byte(text, 1);
  if (second < announced.second_from || second > announced.second_to) return 0;
  for (std::size_t i = 2; i < announced.length; ++i) {
    if ((Byte(text, i) & 0xc0) != 0x80) return 0;
  }
  return announced.length;
}

void AppendHex(unsigned byte, std::string& out) {
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

std::string Printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = CharacterLength(bytes);
    if (length == 0) {
      text += "\\x";
      AppendHex(Byte(bytes, 0), text);
      bytes.remove_prefix(1);
    } else {
      text += bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
  }
  return text;
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

std::string HexDigits(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) AppendHex(Byte(bytes, i), text);
  return text;
}

}  // namespace heimdallr::exports
