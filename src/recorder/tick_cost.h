// What a tick of the CPU clock takes from the program it interrupts, measured beside the recording.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

namespace heimdallr::recorder {

/// Two successive readings of a clock that lie so far apart that something came between.
struct ClockGap {
  std::uint64_t before_ns = 0;
  std::uint64_t after_ns = 0;
};

/// Median length of the gaps in which the ticks fell; both ascending. A tick in no gap was too
/// short to be seen. Nothing when there are fewer ticks than tell anything (16). Gaps without a
/// tick are those of other interrupts; the few in which the thread lost its processor as well do
/// not move the median.
[[nodiscard]] std::optional<std::uint64_t> MedianTickCost(std::span<const ClockGap> gaps,
                                                          std::span<const std::uint64_t> ticks);

/// A thread that samples itself, by an event like that of the clock source, and watches the clock
/// meanwhile: in a virtual machine most of what a tick costs is spent outside of the guest and in
/// none of its counters, but the clock goes on. Takes about 10 ms of CPU time every 10 s, in
/// portions of 1.3 ms.
class TickCost {
 public:
  TickCost();

  /// Of one tick in ns; 0 until it is known, for good when the kernel refuses the event. The median
  /// of the last three measurements. Thread-safe.
  [[nodiscard]] std::uint64_t cost_ns() const { return cost_ns_.load(std::memory_order_relaxed); }

 private:
  void Run(const std::stop_token& stop);

  std::atomic<std::uint64_t> cost_ns_{0};
  std::jthread thread_;  // last: ends before what it uses. Stops within microseconds
};

}  // namespace heimdallr::recorder
