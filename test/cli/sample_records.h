// A context that looks names and stacks up in fixed tables.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include <fmt/format.h>

#include "cli/record_context.h"
#include "heimdallr/records.h"

namespace heimdallr::cli {

inline constexpr std::array<std::uint64_t, 2> kStackFrames{0x401222, 0x401333};

/// Stream 1 is "clock"; memory 1 is "kind:hbw"; stack 5 is kStackFrames.
inline RecordContext SampleContext() {
  RecordContext context;
  context.stream_names.resize(256);
  context.stream_names[1] = "clock";
  context.memory_names.resize(256);
  context.memory_names[1] = "kind:hbw";
  context.stack = [](std::uint32_t id) {
    return id == 5 ? std::span<const std::uint64_t>(kStackFrames)
                   : std::span<const std::uint64_t>();
  };
  return context;
}

template <typename Append>
std::string Appended(Append append, const Record& record) {
  fmt::memory_buffer out;
  append(record, SampleContext(), out);
  return fmt::to_string(out);
}

}  // namespace heimdallr::cli
