// Tracks of a Perfetto trace: processes, threads, counters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "export/perfetto_packets.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::exports {

enum class CounterTrack : std::uint8_t {
  kHeap = 0,    ///< bytes
  kMapped = 1,  ///< bytes
  kLoads = 2,   ///< sampled in kRateBinNs, a load_store in both
  kStores = 3,
  kFaults = 4,
  kLost = 5,  ///< all that is missing so far, of the recording
};
inline constexpr std::size_t kCounterTracks = static_cast<std::size_t>(CounterTrack::kLost) + 1;
inline constexpr std::uint64_t kRateBinNs = 10'000'000;

/// Describes each track before its first event, and again when its name changes.
class PerfettoTracks {
 public:
  PerfettoTracks(const TraceHeader& header, PerfettoPackets& packets)
      : header_(header), packets_(packets) {}

  void Note(const ProcessRecord& record);
  void Note(const ThreadRecord& record);

  /// `pid` 0: of the recording.
  void Count(CounterTrack track, std::int32_t pid, std::uint64_t time_ns, std::uint64_t value);
  /// The sampling period of a stream from now on; each has a track with its unit.
  void CountPeriod(std::uint8_t stream, std::uint64_t time_ns, std::uint64_t period);
  /// An event of the thread, to be filled.
  perfetto::TrackEvent& Instant(std::int32_t pid, std::int32_t tid, std::uint64_t time_ns);

  /// On the clock of the trace.
  [[nodiscard]] std::uint64_t Timestamp(std::uint64_t time_ns) const {
    return header_.start_monotonic_ns + time_ns;
  }

 private:
  void AddCount(std::uint64_t track, std::uint64_t time_ns, std::uint64_t value);
  void DescribeProcess(std::int32_t pid);
  void DescribeThread(std::int32_t pid, std::int32_t tid);

  const TraceHeader& header_;
  PerfettoPackets& packets_;
  absl::flat_hash_map<std::int32_t, std::string> process_names_;
  absl::flat_hash_map<std::int32_t, std::string> thread_names_;
  absl::flat_hash_set<std::int32_t> processes_;
  absl::flat_hash_set<std::int32_t> threads_;
  absl::flat_hash_set<std::uint64_t> counters_;
};

}  // namespace heimdallr::exports
