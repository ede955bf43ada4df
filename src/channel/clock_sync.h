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

/// Whether the time stamp counter always runs at one rate. On x86-64: CPUID 0x80000007 EDX bit 8.
[[nodiscard]] bool HasInvariantCounter();

/// Whether the kernel trusts the time stamp counters of all processors to tell one time: the clock
/// source named in the file `clock_source_path` is made of them.
[[nodiscard]] bool KernelUsesCounter(const std::string& clock_source_path);

/// The cheapest clock that is right on this machine.
[[nodiscard]] ChannelClock BestClock();

/// Converts by the straight line between the two pairs around a stamp, so the error is that of the
/// pairs (some tens of ns) however irregularly they come. Beyond the last pair the line goes on at
/// the rate of the last second. Stamps of ChannelClock::kMonotonic it returns as they are. Not
/// thread-safe, also for reading.
class ClockSync {
 public:
  /// Pairs closer together than this are ignored.
  static constexpr std::uint64_t kMinIntervalNs = 1'000'000;

  /// Takes a first pair now (and 0.1 ms, for a first rate).
  explicit ClockSync(ChannelClock kind);

  /// For the time stamp counter, from given moments: `first` before `second` on both clocks.
  ClockSync(const ClockPair& first, const ClockPair& second);

  [[nodiscard]] ChannelClock kind() const { return kind_; }

  /// Takes a pair. Call once a round, before the stamps of the round are converted: they then lie
  /// between pairs instead of beyond the last.
  void Update();
  void Add(const ClockPair& pair);

  /// CLOCK_MONOTONIC in ns. Stamps older than the last kMaxPairs pairs follow the oldest line.
  [[nodiscard]] std::uint64_t ToMonotonicNs(std::uint64_t stamp) const {
    if (kind_ == ChannelClock::kMonotonic) return stamp;
    if (stamp - line_.from_ticks >= line_.ticks) FindLine(stamp);
    const auto ticks = static_cast<double>(static_cast<std::int64_t>(stamp - line_.from_ticks));
    return line_.from_ns +
           static_cast<std::uint64_t>(static_cast<std::int64_t>(ticks * line_.rate));
  }

 private:
  static constexpr std::size_t kMaxPairs = 1024;

  // What holds from `from_ticks` on for `ticks` ticks.
  struct Line {
    std::uint64_t from_ticks = 0;
    std::uint64_t ticks = 0;
    std::uint64_t from_ns = 0;
    double rate = 0;  // ns a tick
  };

  void FindLine(std::uint64_t stamp) const;
  [[nodiscard]] double RecentRate() const;

  ChannelClock kind_;
  std::deque<ClockPair> pairs_;  // rising on both clocks
  mutable Line line_;            // of the stamp converted last
};

}  // namespace heimdallr::channel
