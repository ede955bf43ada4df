// The packets of a Perfetto trace.
#pragma once

#include <cstdint>
#include <string>

#include <absl/status/status.h>

#include "export/byte_sink.h"
#include "export/perfetto.pb.h"

namespace heimdallr::exports {

/// Writes packets of one sequence. The first error stays, and nothing is written after it.
class PerfettoPackets {
 public:
  explicit PerfettoPackets(ByteSink& sink) : sink_(sink) {}

  /// A packet to be filled; valid until the next call. `timestamp_ns` is boot time.
  perfetto::TracePacket& Next(std::uint64_t timestamp_ns) {
    perfetto::TracePacket& packet = Next();
    packet.set_timestamp(timestamp_ns);
    return packet;
  }
  /// The same of one without a time.
  perfetto::TracePacket& Next() {
    if (trace_.packet_size() >= kAtOnce) (void)Flush();
    perfetto::TracePacket& packet = *trace_.add_packet();
    packet.set_trusted_packet_sequence_id(1);
    packet.set_sequence_flags(count_++ == 0 ? 1 : 2);  // the first begins all interned data anew
    return packet;
  }

  absl::Status Flush() {
    if (status_.ok()) status_ = sink_.Write(trace_.SerializeAsString());
    trace_.Clear();
    return status_;
  }
  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr int kAtOnce = 1000;

  ByteSink& sink_;
  perfetto::Trace trace_;
  std::uint64_t count_ = 0;
  absl::Status status_;
};

}  // namespace heimdallr::exports
