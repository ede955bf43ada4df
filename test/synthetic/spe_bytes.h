// A sample of ARM's Statistical Profiling Extension as its packets: Arm Architecture Reference
// Manual, "Statistical Profiling Extension Sample Record Specification"; checked against
// test/data/perf/spe-packets.tsv by eye, and by spe_bytes_test.cc.
#pragma once

#include <cstdint>

#include "kernel_records.h"

namespace heimdallr::synthetic {

enum class SpeOperation : std::uint8_t { kLoad, kStore, kBranch };

struct SpeValues {
  SpeOperation operation = SpeOperation::kLoad;
  std::uint64_t ip = 0;
  std::uint64_t address = 0;
  std::uint16_t events = 0;  // of the EVENTS packet
  std::uint16_t latency = 0;
  std::uint64_t timestamp = 0;
};

/// Ends in a timestamp; padded to 64 bytes, as processors do.
[[nodiscard]] Bytes SpeBytes(const SpeValues& values);

}  // namespace heimdallr::synthetic
