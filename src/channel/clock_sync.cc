#include "channel/clock_sync.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <limits>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/clock.h"
#include "channel/time_stamp.h"

namespace heimdallr::channel {
namespace {

// A rate over this long is right to some ppb, with pairs right to some tens of ns.
constexpr std::uint64_t kRateWindowNs = 1'000'000'000;

std::uint64_t ReadCounter() {
  return kHasTimeStampCounter ? ReadTimeStampCounter() : base::MonotonicNs();
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
  // Of ARM and POWER the architecture says so.
  return kHasTimeStampCounter;
#endif
}

bool KernelUsesCounter(const std::string& clock_source_path) {
  std::ifstream file(clock_source_path);
  std::string source;
  file >> source;
  // The paravirtual clocks are the counter with a host-made scale. Then ARM's and POWER's own.
  constexpr std::array kGood{"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter",
                             "timebase"};
  return std::find(kGood.begin(), kGood.end(), source) != kGood.end();
}

ChannelClock BestClock() {
  constexpr char kClockSource[] =
      "/sys/devices/system/clocksource/clocksource0/current_clocksource";
  // Both: the kernel may use a counter that stops in deep sleep, and corrects for it.
  return HasInvariantCounter() && KernelUsesCounter(kClockSource) ? ChannelClock::kTimeStampCounter
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
    : kind_(ChannelClock::kTimeStampCounter), pairs_{first, second} {}

void ClockSync::Update() {
  if (kind_ == ChannelClock::kTimeStampCounter) Add(SampleClocks());
}

void ClockSync::Add(const ClockPair& pair) {
  const ClockPair& last = pairs_.back();
  if (pair.ticks <= last.ticks || pair.monotonic_ns < last.monotonic_ns + kMinIntervalNs) return;
  pairs_.push_back(pair);
  if (pairs_.size() > kMaxPairs) pairs_.pop_front();
  line_ = {};  // it may have been the one beyond the last pair
}

void ClockSync::FindLine(std::uint64_t stamp) const {
  if (stamp >= pairs_.back().ticks) {
    line_ = {.from_ticks = pairs_.back().ticks,
             .ticks = std::numeric_limits<std::uint64_t>::max() - pairs_.back().ticks,
             .from_ns = pairs_.back().monotonic_ns,
             .rate = RecentRate()};
    return;
  }
  auto after = std::upper_bound(
      pairs_.begin() + 1, pairs_.end(), stamp,
      [](std::uint64_t ticks, const ClockPair& pair) { return ticks < pair.ticks; });
  const ClockPair& from = *std::prev(after);
  line_ = {.from_ticks = from.ticks,
           .ticks = after->ticks - from.ticks,
           .from_ns = from.monotonic_ns,
           .rate = Rate(from, *after)};
}

double ClockSync::RecentRate() const {
  const ClockPair& last = pairs_.back();
  const auto first = std::find_if(pairs_.rbegin(), pairs_.rend() - 1, [&](const ClockPair& pair) {
    return pair.monotonic_ns + kRateWindowNs <= last.monotonic_ns;
  });
  return Rate(*first, last);
}

}  // namespace heimdallr::channel
