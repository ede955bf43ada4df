#include "cli/utf8.h"

namespace heimdallr::cli {
namespace {

unsigned Byte(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// Of the character a first byte announces; 0 = none may begin so.
std::size_t AnnouncedLength(unsigned first) {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// The second byte rules out overlong forms, surrogates, what is beyond U+10FFFF, and the control
// characters U+0080 to U+009F.
bool SecondByteFits(unsigned first, unsigned second) {
  const unsigned lowest = first == 0xc2 ? 0xa0 : first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest;
}

}  // namespace

std::size_t PrintableLength(std::string_view text) {
  const unsigned first = Byte(text, 0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = AnnouncedLength(first);
  if (length == 0 || text.size() < length || !SecondByteFits(first, Byte(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((Byte(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace heimdallr::cli
