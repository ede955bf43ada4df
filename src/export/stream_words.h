// Names of the streams of samples.
#pragma once

#include <cstdint>
#include <vector>

#include "export/words.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::exports {

/// By StreamInfo::id; 0 where there is no such stream.
class StreamWords {
 public:
  StreamWords(const TraceHeader& header, Words& words) : names_(256) {
    for (const StreamInfo& stream : header.streams) {
      names_[stream.id] = words.IdOf(stream.name.empty() ? stream.event : stream.name);
    }
  }

  [[nodiscard]] std::uint32_t operator[](std::uint8_t id) const { return names_[id]; }

 private:
  std::vector<std::uint32_t> names_;
};

}  // namespace heimdallr::exports
