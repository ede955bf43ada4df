// replay-ticks SECONDS HZ COMMAND [ARG...]: what the recorder does with a tick, without the kernel.
//
// Records the ticks of COMMAND in memory, then turns them into access records of a trace (on
// /dev/null) over and over, with the blocks of code in the cache. Prints the CPU time of one
// thread.
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "process/held_process.h"
#include "recorder/address_spaces.h"
#include "recorder/kernel_stream.h"
#include "recorder/loss_ledger.h"
#include "recorder/options.h"
#include "recorder/process_tracker.h"
#include "recorder/sampler.h"
#include "recorder/symbol_collector.h"
#include "recorder/thread_pointers.h"
#include "trace/trace_writer.h"

extern char** environ;  // NOLINT: unistd.h has it only for GNU sources

namespace heimdallr {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kTicksWanted = 3'000'000;

template <typename T>
T OrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  fmt::print(stderr, "{}\n", value.status().ToString());
  exit(1);
}

std::uint64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

// The kernel's records of `seconds` of the program, which then waits to be killed, so that its code
// can still be read.
struct Recorded {
  pid_t pid = 0;
  recorder::Sampler sampler;
  std::vector<perf::KernelRecord> records;
};

Recorded RecordTicks(const std::vector<std::string>& command, std::uint64_t seconds,
                     std::uint32_t frequency_hz) {
  Recorded recorded;
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  auto child = OrExit(
      process::HeldProcess::Start({.command = command, .environment = std::move(environment)}));
  recorded.pid = child.pid();
  recorder::RecorderOptions options{.command = command,
                                    .source = recorder::SourceChoice::kClock,
                                    .frequency_hz = frequency_hz,
                                    .buffer_bytes = 8U << 20};
  options.max_overhead = 0;
  std::vector<std::string> warnings;
  recorded.sampler =
      OrExit(recorder::Sampler::Open(options, recorded.pid, recorder::RealMachine(), warnings));
  if (const absl::Status status = child.Release(); !status.ok()) {
    fmt::print(stderr, "{}\n", status.ToString());
    exit(1);
  }
  recorder::LossLedger losses;
  const std::uint64_t end = base::MonotonicNs() + seconds * kSecond;
  while (base::MonotonicNs() < end) {
    usleep(20'000);
    recorded.sampler.ReadRings(losses);
  }
  kill(recorded.pid, SIGSTOP);
  recorded.sampler.ReadRings(losses);
  recorded.sampler.PopUntil(
      std::numeric_limits<std::uint64_t>::max(),
      [&](const perf::KernelRecord& record) { recorded.records.push_back(record); });
  return recorded;
}

int Run(const std::vector<std::string>& command, std::uint64_t seconds,
        std::uint32_t frequency_hz) {
  const Recorded recorded = RecordTicks(command, seconds, frequency_hz);
  auto writer = OrExit(trace::TraceWriter::Create(
      "/dev/null", TraceHeader{}, trace::Compression::kNone, trace::Overwrite::kReplace));
  recorder::LossLedger losses;
  recorder::AddressSpaces spaces;
  recorder::SymbolCollector symbols(spaces);
  recorder::ThreadPointers thread_pointers;
  recorder::ProcessTracker processes(writer, losses, spaces,
                                     recorder::ProcessTracker::Interposer::kNotExpected,
                                     recorder::ProcessTracker::KernelReports::kYes);
  recorder::KernelStream stream(
      {writer, processes, losses, spaces, symbols, thread_pointers, recorded.sampler}, 0);
  std::vector<const perf::KernelRecord*> ticks;
  for (const perf::KernelRecord& record : recorded.records) {
    stream.Add(record);  // fills the cache
    if (std::holds_alternative<perf::SampleRecord>(record)) ticks.push_back(&record);
  }
  if (ticks.empty()) {
    fmt::print(stderr, "no ticks: is the program too short?\n");
    return 1;
  }
  const auto accesses = [&] {
    return std::accumulate(stream.accesses().begin(), stream.accesses().end(), std::uint64_t{0});
  };
  const std::uint64_t accesses_before = accesses();
  const std::uint64_t ticks_before = stream.ticks();
  const std::uint64_t start = ThreadCpuNs();
  while (stream.ticks() - ticks_before < kTicksWanted) {
    for (const perf::KernelRecord* tick : ticks) stream.Add(*tick);
    writer.EndRound(0).IgnoreError();
  }
  const auto cpu_ns = static_cast<double>(ThreadCpuNs() - start);
  const auto done = static_cast<double>(stream.ticks() - ticks_before);
  const auto made = static_cast<double>(accesses() - accesses_before);
  fmt::print(
      "ticks {} ns_per_tick {:.1f} accesses_per_tick {:.2f} million_accesses_per_second {:.2f}\n",
      ticks.size(), cpu_ns / done, made / done, made * 1e3 / cpu_ns);
  kill(recorded.pid, SIGKILL);
  waitpid(recorded.pid, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace heimdallr

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "Usage: replay-ticks SECONDS HZ COMMAND [ARG...]\n");
    return 2;
  }
  return heimdallr::Run({argv + 3, argv + argc}, std::strtoull(argv[1], nullptr, 10),
                        static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)));
}
