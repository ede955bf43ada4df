#include "channel/clock_sync.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <limits>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

#include "base/clock.h"

namespace heimdallr::channel {
namespace {

constexpr std::size_t kRateWindow = 64;

std::uint64_t ReadCounter() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return base::MonotonicNs();
#endif
}

double Difference(std::uint64_t a, std::uint64_t b) {
  return static_cast<double>(static_cast<std::int64_t>(a - b));
}

double Rate(const ClockPair& from, const ClockPair& to) {
  return Difference(to.monotonic_ns, from.monotonic_ns) / Difference(to.ticks, from.ticks);
}

}  // namespace

ClockPair SampleClocks() {
  constexpr int kTries = 5;
  ClockPair best;
  std::uint64_t best_width = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = ReadCounter();
    const std::uint64_t ns = base::MonotonicNs();
    const std::uint64_t after = ReadCounter();
    if (after - before >= best_width) continue;
    best_width = after - before;
    best = {.ticks = before + (after - before) / 2, .monotonic_ns = ns};
  }
  return best;
}

bool HasInvariantCounter() {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 8)) != 0;
#else
  return false;
#endif
}

bool CounterUsable(bool invariant_counter, const std::string& clock_source_path) {
  if (!invariant_counter) return false;
  std::ifstream file(clock_source_path);
  std::string source;
  file >> source;
  // The paravirtual clocks are the counter with a host-made scale.
  constexpr std::array kGood{"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"};
  return std::find(kGood.begin(), kGood.end(), source) != kGood.end();
}

ChannelClock BestClock() {
  return CounterUsable(HasInvariantCounter(),
                       "/sys/devices/system/clocksource/clocksource0/current_clocksource")
             ? ChannelClock::kTimeStampCounter
             : ChannelClock::kMonotonic;
}

ClockSync::ClockSync(ChannelClock kind) : kind_(kind) {
  if (kind == ChannelClock::kMonotonic) return;
  constexpr std::uint64_t kFirstIntervalNs = 100'000;
  const ClockPair first = SampleClocks();
  ClockPair second = SampleClocks();
  while (second.monotonic_ns < first.monotonic_ns + kFirstIntervalNs) second = SampleClocks();
  *this = ClockSync(first, second);
}

ClockSync::ClockSync(const ClockPair& first, const ClockPair& second)
    : kind_(ChannelClock::kTimeStampCounter), window_{first, second} {
  segments_.push_back(
      {.ticks = first.ticks, .ns = first.monotonic_ns, .rate = Rate(first, second)});
}

void ClockSync::Update() {
  if (kind_ == ChannelClock::kTimeStampCounter) Add(SampleClocks());
}

void ClockSync::Add(const ClockPair& pair) {
  const ClockPair last = window_.back();
  if (pair.ticks <= last.ticks || pair.monotonic_ns < last.monotonic_ns + kMinIntervalNs) return;
  window_.push_back(pair);
  if (window_.size() > kRateWindow) window_.pop_front();
  const double rate = Rate(window_.front(), pair);
  const std::uint64_t predicted = ToMonotonicNs(pair.ticks);
  const double error_ns = Difference(pair.monotonic_ns, predicted);
  // The next pair is expected after as long as this one took. Never stop or run back until then.
  const double steered = rate + error_ns / Difference(pair.ticks, last.ticks);
  segments_.push_back(
      {.ticks = pair.ticks, .ns = predicted, .rate = std::clamp(steered, rate / 2, rate * 2)});
  if (segments_.size() > kMaxSegments) segments_.pop_front();
}

const ClockSync::Segment& ClockSync::OlderSegment(std::uint64_t ticks) const {
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), ticks,
      [](std::uint64_t value, const Segment& piece) { return value < piece.ticks; });
  return after == segments_.begin() ? *after : *std::prev(after);
}

std::uint64_t ClockSync::ToMonotonicNs(std::uint64_t stamp) const {
  if (kind_ == ChannelClock::kMonotonic) return stamp;
  const Segment& newest = segments_.back();
  const Segment& segment = stamp >= newest.ticks ? newest : OlderSegment(stamp);
  const double ns = Difference(stamp, segment.ticks) * segment.rate;
  return segment.ns + static_cast<std::uint64_t>(static_cast<std::int64_t>(ns));
}

}  // namespace heimdallr::channel
