#include "store/utf8.h"

#include <cstddef>

namespace heimdallr::store {
namespace {

unsigned Byte(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

// Of the character at the beginning; 0 = none that is valid.
std::size_t CharacterLength(std::string_view text) {
  const unsigned first = Byte(text, 0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second byte rules out overlong forms, surrogates and what is beyond U+10FFFF.
  const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (Byte(text, 1) < lowest || Byte(text, 1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((Byte(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

bool IsText(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = CharacterLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace heimdallr::store
