// How many accesses and page faults were sampled, by stream and kind.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// Two quantities that must not be mixed: `records` counts what was sampled; `estimate` sums what
/// the records stand for, weight x period, and is in proportion to the accesses that were executed.
struct AccessCount {
  std::uint64_t records = 0;
  double estimate = 0;
};

struct StreamStatistics {
  static constexpr std::size_t kKinds = static_cast<std::size_t>(AccessKind::kLoadStore) + 1;

  std::array<AccessCount, kKinds> direct{};    ///< by AccessKind: of the instruction at the sample
  std::array<AccessCount, kKinds> replayed{};  ///< of others of its basic block
  std::uint64_t ticks_with_access = 0;         ///< samples that gave at least one record
  std::uint64_t shortest_period = 0;           ///< of the records' samples; 0 = none tells
  std::uint64_t longest_period = 0;
  std::uint64_t latency_records = 0;  ///< that tell a latency
  std::uint64_t latency_cycles = 0;   ///< summed over these
  std::uint64_t faults = 0;

  [[nodiscard]] std::uint64_t accesses() const;
  [[nodiscard]] std::uint64_t accesses(AccessKind kind) const;
  [[nodiscard]] std::uint64_t direct_accesses() const;
};

/// Consumes records in order of time. Memory does not grow with them. Not thread-safe.
class AccessStatistics {
 public:
  void Add(const AccessRecord& record);
  void Add(const FaultRecord& record);

  /// Of the stream with this number; zeros if it gave nothing.
  [[nodiscard]] const StreamStatistics& stream(std::uint8_t id) const { return streams_[id].sums; }

  /// Highest number of a stream that gave a record, 0 if none did.
  [[nodiscard]] std::uint8_t highest_stream() const { return highest_stream_; }

 private:
  struct Stream {
    StreamStatistics sums;
    std::uint64_t last_tick = 0;
  };

  Stream& Of(std::uint8_t id) {
    if (id > highest_stream_) highest_stream_ = id;
    return streams_[id];
  }

  std::vector<Stream> streams_ = std::vector<Stream>(256);
  std::uint8_t highest_stream_ = 0;
};

}  // namespace heimdallr::analysis
