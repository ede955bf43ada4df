// An event that was asked for by name: plain data, filled by the command line or a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace heimdallr::recorder {

/// What its samples are.
enum class EventKind : std::uint8_t {
  kAsTold,  ///< by each sample's data source, where the processor tells it
  kLoad,    ///< all of them, where samples do not tell
  kStore,
  kLoadStore,
  kOther,  ///< no accesses: page faults, clocks, counters
};

/// What a sample carries beside instruction, address, thread, time and period.
struct EventFields {
  bool latency = true;      ///< cycles the access took
  bool data_source = true;  ///< which cache or memory had it
  bool physical_address = false;
  bool page_size = false;
  bool registers = false;  ///< block replay then adds the other accesses of the same straight code
  bool callchain = false;
};

struct EventRequest {
  std::string name;   ///< of the stream; empty = the event's
  std::string event;  ///< in perf's syntax, such as "cpu/mem-loads,ldlat=30/P" or "mem:0x1000:rw"
  EventKind kind = EventKind::kAsTold;
  /// Of both none: the source's default period.
  std::optional<std::uint64_t> period;  ///< events between samples
  std::optional<std::uint32_t> frequency_hz;
  std::optional<std::uint32_t> precise;  ///< 0..3; none = by the event's modifiers
  std::optional<std::uint32_t> ldlat;    ///< cycles; instead of the event's own
  std::string leader;                    ///< event that must lead its group; empty = by the machine
  bool user = true;
  bool kernel = false;
  EventFields fields;
  std::string place;  ///< where it was asked for, for errors: "events.toml:3", "--event"
};

}  // namespace heimdallr::recorder
