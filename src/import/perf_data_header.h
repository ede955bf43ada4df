// What a file of perf says beside its records: events, machine, command line.
#pragma once

#include <linux/perf_event.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "perf/decode.h"

namespace heimdallr::imports {

/// One event that was recorded.
struct PerfDataEvent {
  perf_event_attr attributes{};  ///< fields that the file does not have are 0
  std::vector<std::uint64_t> ids;
  std::string name;  ///< as perf calls it; empty = the file does not say

  [[nodiscard]] perf::SampleLayout Layout() const;
};

/// Empty and 0 where the file does not say.
struct PerfDataMachine {
  std::string host;
  std::string kernel;        ///< release
  std::string architecture;  ///< as uname(2): "x86_64"
  std::string processor;
  std::uint32_t online_cpus = 0;
  std::vector<std::string> command_line;  ///< of perf itself
  /// A moment as CLOCK_REALTIME and as the clock of the records' times; 0 = not known.
  std::uint64_t wall_clock_ns = 0;
  std::uint64_t wall_clock_record_ns = 0;
};

struct PerfDataHeader {
  std::vector<PerfDataEvent> events;
  PerfDataMachine machine;
};

/// Attributes of a file that was written by another version: longer ones are cut.
[[nodiscard]] perf_event_attr ToAttributes(std::span<const std::byte> bytes);

// Numbers of the sections of features: tools/perf/util/header.h of Linux.
enum class Feature : std::uint32_t {
  kHostName = 3,
  kKernelRelease = 4,
  kArchitecture = 6,
  kCpus = 7,
  kProcessor = 8,
  kCommandLine = 11,
  kEvents = 12,
  kClock = 29,
};
inline constexpr std::uint32_t kFeatures = 256;

/// Takes what is useful of one section; what is cut or makes no sense is left out.
void TakeFeature(Feature feature, std::span<const std::byte> section, PerfDataHeader& header);

/// Names an event by one of its ids.
void TakeName(std::uint64_t id, std::string_view name, PerfDataHeader& header);

}  // namespace heimdallr::imports
