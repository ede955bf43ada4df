// What a record refers to without holding it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "heimdallr/trace_header.h"

namespace heimdallr::cli {

/// Lookups needed to print a record.
struct RecordContext {
  /// By StreamInfo::id; empty where there is no such stream.
  std::vector<std::string> stream_names;
  /// By MemoryInfo::id; empty where there is no such memory.
  std::vector<std::string> memory_names;
  /// Return addresses of a call stack, innermost first; empty if not known.
  std::function<std::span<const std::uint64_t>(std::uint32_t)> stack;

  [[nodiscard]] const std::string& stream_name(std::uint8_t id) const { return stream_names[id]; }
  [[nodiscard]] const std::string& memory_name(std::uint8_t id) const { return memory_names[id]; }
};

/// The names of the header's streams, 256 of them.
[[nodiscard]] inline std::vector<std::string> StreamNames(const TraceHeader& header) {
  std::vector<std::string> names(256);
  for (const StreamInfo& stream : header.streams) {
    names[stream.id] = stream.name.empty() ? stream.event : stream.name;
  }
  return names;
}

/// The names of the header's memories, 256 of them.
[[nodiscard]] inline std::vector<std::string> MemoryNames(const TraceHeader& header) {
  std::vector<std::string> names(256);
  for (const MemoryInfo& memory : header.memories) names[memory.id] = memory.name;
  return names;
}

}  // namespace heimdallr::cli
