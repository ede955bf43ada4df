#include "sweep/order.h"

#include <sys/random.h>

#include <string_view>
#include <utility>

#include "base/clock.h"

namespace heimdallr::sweep {
namespace {

// draft-eastlake-fnv.
std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

std::uint64_t SplitMix64::Next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t SplitMix64::Below(std::uint64_t bound) {
  const std::uint64_t uneven = (0 - bound) % bound;  // 2^64 mod bound
  std::uint64_t drawn = Next();
  while (drawn < uneven) drawn = Next();
  return drawn % bound;
}

std::vector<PlannedRun> OrderOf(const Plan& plan, std::uint64_t seed) {
  std::vector<PlannedRun> order;
  for (std::size_t mode = 0; mode < plan.modes.size(); ++mode) {
    const std::size_t first = order.size();
    for (std::size_t workload = 0; workload < plan.workloads.size(); ++workload) {
      for (std::uint32_t repetition = 1; repetition <= plan.repetitions; ++repetition) {
        order.push_back({.mode = mode, .workload = workload, .repetition = repetition});
      }
    }
    SplitMix64 random(seed ^ Fnv1a(plan.modes[mode].name));
    for (std::size_t i = order.size() - first; i-- > 1;) {
      std::swap(order[first + i], order[first + random.Below(i + 1)]);
    }
  }
  return order;
}

std::uint64_t DrawSeed() {
  std::uint64_t seed = 0;
  // Without an entropy pool yet, the time does: nobody is to be kept from guessing it.
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) seed = base::RealtimeNs();
  return seed & kMaxSeed;
}

}  // namespace heimdallr::sweep
