#include "recorder/tick_cost.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <variant>

#include <absl/status/statusor.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "perf/decode.h"
#include "perf/event.h"
#include "perf/open.h"
#include "perf/records.h"
#include "perf/ring.h"

namespace heimdallr::recorder {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kPeriodNs = 250'000;
constexpr std::uint64_t kPortionNs = 1'300'000;  // five ticks
constexpr int kPortions = 8;
constexpr milliseconds kBetweenPortions{2};
constexpr milliseconds kBetweenMeasurements{10'000};
constexpr std::size_t kTellingTicks = 16;
// Far above the time between two readings of the clock, far below that of an interrupt.
constexpr std::uint64_t kShortestGapNs = 200;

/// The event on the calling thread, and its ring.
class OwnTicks {
 public:
  static absl::StatusOr<OwnTicks> Open() {
    perf::EventDescription clock =
        perf::CpuClockEvent({perf::SamplingRate::Unit::kPeriod, kPeriodNs});
    clock.inherit = false;
    clock.enable_on_exec = false;
    ASSIGN_OR_RETURN(perf::Event event, perf::Event::Open(clock, {.pid = 0, .cpu = -1}));
    ASSIGN_OR_RETURN(
        perf::PerfRing ring,
        perf::PerfRing::Map(event.fd(), perf::PerfRing::kMinDataBytes, "ring of our own ticks"));
    return OwnTicks(std::move(event), std::move(ring));
  }

  bool Start() { return event_.Enable().ok(); }

  /// Stops, and adds the times of the ticks since Start.
  void StopAndTake(std::vector<std::uint64_t>& times) {
    if (!event_.Disable().ok()) return;
    for (auto raw = ring_.Peek(); raw.ok() && *raw; raw = ring_.Peek()) {
      const auto record = perf::Decode(**raw, layout_);
      if (record.ok() && std::holds_alternative<perf::SampleRecord>(*record)) {
        times.push_back(perf::OriginOf(*record).time_ns);
      }
      ring_.Consume();
    }
  }

 private:
  OwnTicks(perf::Event event, perf::PerfRing ring)
      : event_(std::move(event)),
        ring_(std::move(ring)),
        layout_(perf::LayoutOf(event_.description())) {}

  perf::Event event_;
  perf::PerfRing ring_;
  perf::SampleLayout layout_;
};

void WatchClock(const std::stop_token& stop, std::vector<ClockGap>& gaps) {
  std::uint64_t before = base::MonotonicNs();
  const std::uint64_t end = before + kPortionNs;
  while (before < end && !stop.stop_requested()) {
    const std::uint64_t after = base::MonotonicNs();
    if (after - before >= kShortestGapNs) gaps.push_back({before, after});
    before = after;
  }
}

/// False when asked to stop.
bool Rest(const std::stop_token& stop, milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wakeup;
  std::unique_lock lock(mutex);
  wakeup.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

std::optional<std::uint64_t> Measure(const std::stop_token& stop) {
  // Closed again after each measurement: that can take milliseconds, which a recording that ends
  // meanwhile would wait for.
  auto own = OwnTicks::Open();
  if (!own.ok()) return std::nullopt;
  std::vector<ClockGap> gaps;
  std::vector<std::uint64_t> ticks;
  // No page of theirs may be touched first while the clock is watched.
  gaps.reserve(4096);
  ticks.reserve(256);
  for (int portion = 0; portion < kPortions; ++portion) {
    if (portion != 0 && !Rest(stop, kBetweenPortions)) return std::nullopt;
    if (!own->Start()) return std::nullopt;
    WatchClock(stop, gaps);
    own->StopAndTake(ticks);
  }
  if (stop.stop_requested()) return std::nullopt;
  return MedianTickCost(gaps, ticks);
}

}  // namespace

std::optional<std::uint64_t> MedianTickCost(std::span<const ClockGap> gaps,
                                            std::span<const std::uint64_t> ticks) {
  if (ticks.size() < kTellingTicks) return std::nullopt;
  std::vector<std::uint64_t> costs;
  costs.reserve(ticks.size());
  for (const std::uint64_t tick : ticks) {
    const auto gap =
        std::lower_bound(gaps.begin(), gaps.end(), tick,
                         [](const ClockGap& g, std::uint64_t time) { return g.after_ns < time; });
    const bool inside = gap != gaps.end() && gap->before_ns <= tick;
    costs.push_back(inside ? gap->after_ns - gap->before_ns : kShortestGapNs);
  }
  const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
  std::nth_element(costs.begin(), middle, costs.end());
  return *middle;
}

TickCost::TickCost() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void TickCost::Run(const std::stop_token& stop) {
  std::vector<std::uint64_t> last;
  do {
    if (const auto measured = Measure(stop)) {
      if (last.size() == 3) last.erase(last.begin());
      last.push_back(*measured);
      std::vector<std::uint64_t> sorted = last;
      std::sort(sorted.begin(), sorted.end());
      cost_ns_.store(sorted[sorted.size() / 2], std::memory_order_relaxed);
    }
  } while (Rest(stop, kBetweenMeasurements));
}

}  // namespace heimdallr::recorder
