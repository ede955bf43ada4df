#include "memkind/settings.h"

#include <string.h>

namespace heimdallr::memory {
namespace {

// Moves `text` behind `word` when it starts with it.
bool Skip(const char*& text, const char* word) {
  const std::size_t length = strlen(word);
  if (strncmp(text, word, length) != 0) return false;
  text += length;
  return true;
}

bool ReadNumber(const char*& text, std::uint64_t& number) {
  const char* const first = text;
  number = 0;
  for (; *text >= '0' && *text <= '9'; ++text) {
    const auto digit = static_cast<std::uint64_t>(*text - '0');
    if (__builtin_mul_overflow(number, 10, &number) ||
        __builtin_add_overflow(number, digit, &number)) {
      return false;
    }
  }
  return text != first;
}

// One setting that is not the last.
bool ReadOne(const char*& text, Settings& settings) {
  if (Skip(text, "fork=private;")) {
    settings.fork = Settings::Fork::kPrivate;
  } else if (Skip(text, "fork=refuse;")) {
    settings.fork = Settings::Fork::kRefuse;
  } else if (Skip(text, "fallback=0;")) {
    settings.fallback = false;
  } else if (Skip(text, "fallback=1;")) {
    settings.fallback = true;
  } else if (Skip(text, "size=")) {
    return ReadNumber(text, settings.size_bytes) && Skip(text, ";");
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool ReadSettings(const char* text, Settings& settings) {
  settings = {};
  for (;;) {
    if (Skip(text, "kind=")) {
      settings.kind = text;
      return *text != '\0';
    }
    if (Skip(text, "pmem=")) {
      settings.folder = text;
      return *text != '\0';
    }
    if (!ReadOne(text, settings)) return false;
  }
}

}  // namespace heimdallr::memory
