#include "channel/clock_sync.h"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>

#include <catch2/catch.hpp>

using heimdallr::channel::ChannelClock;
using heimdallr::channel::ClockPair;
using heimdallr::channel::ClockSync;
using heimdallr::channel::KernelUsesCounter;

namespace {

// A counter of 2.6 GHz whose zero is at 5 s, seen with some ns of noise.
struct Machine {
  double ghz = 2.6;
  [[nodiscard]] std::uint64_t Ticks(double ns) const {
    return static_cast<std::uint64_t>((ns - 5e9) * ghz);
  }
  [[nodiscard]] ClockPair Pair(double ns, double noise_ns = 0) const {
    return {Ticks(ns), static_cast<std::uint64_t>(ns + noise_ns)};
  }
};

double Error(const ClockSync& sync, const Machine& machine, double ns) {
  return static_cast<double>(sync.ToMonotonicNs(machine.Ticks(ns))) - ns;
}

class File {
 public:
  explicit File(const std::string& text) {
    const int fd = mkstemp(name_);
    if (fd >= 0) close(fd);
    std::ofstream(name_) << text;
  }
  ~File() { unlink(name_); }
  [[nodiscard]] std::string path() const { return name_; }

 private:
  char name_[32] = "/tmp/clocksource-XXXXXX";
};

}  // namespace

TEST_CASE("ClockSync: a steady counter is converted to the ns") {
  const Machine machine;
  ClockSync sync(machine.Pair(10e9), machine.Pair(10.01e9));
  for (int i = 1; i <= 500; ++i) {
    const double ns = 10.01e9 + i * 20e6;
    sync.Add(machine.Pair(ns));
    CHECK(std::abs(Error(sync, machine, ns - 7e6)) <= 2);
    CHECK(std::abs(Error(sync, machine, ns + 7e6)) <= 2);
  }
}

TEST_CASE("ClockSync: pairs with noise at irregular times give no larger error than the noise") {
  const Machine machine;
  std::mt19937 random(3);
  const auto noise = [&] { return static_cast<double>(random() % 81) - 40; };
  ClockSync sync(machine.Pair(10e9, noise()), machine.Pair(10.0001e9, noise()));
  double ns = 10.0001e9;
  for (int i = 1; i <= 2000; ++i) {
    // A recorder that is kept from running for half a second now and then.
    const double gap = random() % 20 == 0 ? 5e8 : 1e6 + static_cast<double>(random() % 9'000'000);
    sync.Add(machine.Pair(ns + gap, noise()));
    for (int k = 0; k <= 20; ++k) {
      CHECK(std::abs(Error(sync, machine, ns + gap * k / 20)) <= 42);
    }
    ns += gap;
  }
}

TEST_CASE("ClockSync: between two pairs time never runs back") {
  const Machine machine;
  ClockSync sync(machine.Pair(10e9), machine.Pair(10.01e9, -40));
  sync.Add(machine.Pair(10.02e9, 40));
  std::uint64_t last = 0;
  for (double at = 9.999e9; at < 10.021e9; at += 100) {
    const std::uint64_t converted = sync.ToMonotonicNs(machine.Ticks(at));
    REQUIRE(converted >= last);
    last = converted;
  }
}

TEST_CASE("ClockSync: a bad first rate is forgotten with the next pair") {
  const Machine machine;
  // 40 ns of noise on 0.1 ms: 400 ppm, which after 50 ms are 20 us.
  ClockSync sync(machine.Pair(10e9), machine.Pair(10.0001e9, 40));
  CHECK(std::abs(Error(sync, machine, 10.05e9)) > 10'000);
  sync.Add(machine.Pair(10.05e9));
  CHECK(std::abs(Error(sync, machine, 10.04e9)) < 50);
}

TEST_CASE("ClockSync: old stamps keep the value they had") {
  const Machine machine;
  ClockSync sync(machine.Pair(10e9), machine.Pair(10.01e9));
  std::mt19937 random(5);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> converted;
  for (int i = 1; i <= 500; ++i) {
    const double ns = 10.01e9 + i * 15e6;
    sync.Add(machine.Pair(ns, static_cast<double>(random() % 50)));
    const std::uint64_t ticks = machine.Ticks(ns - 1e6);
    converted.emplace_back(ticks, sync.ToMonotonicNs(ticks));
  }
  for (const auto& [ticks, ns] : converted) CHECK(sync.ToMonotonicNs(ticks) == ns);
}

TEST_CASE("ClockSync: stamps before the first pair and pairs out of order do no harm") {
  const Machine machine;
  ClockSync sync(machine.Pair(10e9), machine.Pair(10.01e9));
  CHECK(std::abs(Error(sync, machine, 9.99e9)) <= 2);
  sync.Add(machine.Pair(10.005e9));
  sync.Add(machine.Pair(10.0101e9));
  CHECK(std::abs(Error(sync, machine, 10.02e9)) <= 2);
}

TEST_CASE("ClockSync: stamps of CLOCK_MONOTONIC are times already") {
  const ClockSync sync(ChannelClock::kMonotonic);
  CHECK(sync.ToMonotonicNs(123456789) == 123456789);
}

TEST_CASE("KernelUsesCounter: the clock source is the counter, or the host's scale of it") {
  CHECK(KernelUsesCounter(File("tsc\n").path()));
  CHECK(KernelUsesCounter(File("kvm-clock\n").path()));
  CHECK(KernelUsesCounter(File("hyperv_clocksource_tsc_page\n").path()));
  CHECK_FALSE(KernelUsesCounter(File("hpet\n").path()));
  CHECK_FALSE(KernelUsesCounter(File("").path()));
  CHECK_FALSE(KernelUsesCounter("/nonexistent"));
}
