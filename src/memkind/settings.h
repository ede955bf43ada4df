// What kMemoryVariable (channel/abi.h) asks for.
#pragma once

#include <cstdint>

namespace heimdallr::memory {

struct Settings {
  enum class Fork : std::uint8_t {
    kPrivate,  // the child gets a copy of a file-backed heap
    kRefuse,   // fork fails while the heap is file-backed
  };
  Fork fork = Fork::kPrivate;
  bool fallback = false;         // libc's heap serves when the memory asked for has no room
  std::uint64_t size_bytes = 0;  // of a file-backed heap; 0 = as much as there is room
  const char* kind = nullptr;    // exactly one of these: points into the text that was read
  const char* folder = nullptr;
};

/// Reads the settings; false when they are not as channel/abi.h says. `text` must outlive them.
[[nodiscard]] bool ReadSettings(const char* text, Settings& settings);

}  // namespace heimdallr::memory
