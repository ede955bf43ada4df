// Time stamps of the channel to CLOCK_MONOTONIC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "channel/abi.h"

namespace heimdallr::channel {

/// One moment on both clocks.
struct ClockPair {
  std::uint64_t ticks = 0;         ///< of the time stamp counter
  std::uint64_t monotonic_ns = 0;  ///< CLOCK_MONOTONIC
};

/// Reads both clocks at once, to a few tens of ns: the closest of several tries.
[[nodiscard]] ClockPair SampleClocks();

/// CPUID 0x80000007 EDX bit 8; false on other architectures than x86-64.
[[nodiscard]] bool HasInvariantCounter();

/// Whether all processors' time stamp counters tell one steady time: the processor says that it is
/// invariant, and the kernel trusts it enough to be the clock source named in the file
/// `clock_source_path`.
[[nodiscard]] bool CounterUsable(bool invariant_counter, const std::string& clock_source_path);

/// The cheapest clock that is right on this machine.
[[nodiscard]] ChannelClock BestClock();

/// A continuous, rising, piecewise linear map through (nearly) the pairs given. It never jumps: the
/// difference found at a new pair, some tens of ns as a rule, is made up for until the next one.
/// Stamps of ChannelClock::kMonotonic it returns as they are. Not thread-safe.
class ClockSync {
 public:
  /// Pairs closer together than this are ignored: their noise would show in the rate.
  static constexpr std::uint64_t kMinIntervalNs = 10'000'000;

  /// Takes a first pair now (and 0.1 ms, for a first rate).
  explicit ClockSync(ChannelClock kind);

  /// For the time stamp counter, from given moments: `first` before `second` on both clocks.
  ClockSync(const ClockPair& first, const ClockPair& second);

  [[nodiscard]] ChannelClock kind() const { return kind_; }

  /// Takes a pair. Call once a round, before the stamps of the round are converted: they then lie
  /// between pairs instead of beyond the last.
  void Update();
  void Add(const ClockPair& pair);

  /// CLOCK_MONOTONIC in ns. Stamps older than the last kMaxSegments pairs follow the oldest piece.
  [[nodiscard]] std::uint64_t ToMonotonicNs(std::uint64_t stamp) const;

 private:
  static constexpr std::size_t kMaxSegments = 1024;

  struct Segment {
    std::uint64_t ticks;  // where it starts
    std::uint64_t ns;
    double rate;  // ns a tick, > 0
  };

  [[nodiscard]] const Segment& OlderSegment(std::uint64_t ticks) const;

  ChannelClock kind_;
  std::deque<Segment> segments_;
  std::deque<ClockPair> window_;  // pairs that give the long-term rate
};

}  // namespace heimdallr::channel
