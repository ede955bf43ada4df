// The complete recorder on machines that are not there: what a played kernel puts into its rings
// must come out of the trace, and what does not must be counted.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "played_run.h"
#include "recorder/event_plan.h"

namespace heimdallr::synthetic {
namespace {

/// `count` loads and stores at random addresses by two threads on all CPUs.
std::vector<Operation> RandomOperations(const PlayedMachine& machine, std::size_t count) {
  const std::uint32_t cpus = machine.online == "0-11" ? 12 : 2;
  std::mt19937_64 random(20261123);
  std::vector<Operation> operations(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool stores = random() % 3 == 0;
    operations[i] = {.kind = stores ? Operation::Kind::kStore : Operation::Kind::kLoad,
                     .ip = kCode + random() % 4096,
                     .address = kHeap + random() % kHeapBytes,
                     .data_source = stores ? machine.store_source : machine.load_source,
                     .latency_cycles = static_cast<std::uint16_t>(random() % 3000),
                     .cpu = static_cast<std::uint32_t>(random() % cpus),
                     .thread = static_cast<int>(random() % 2)};
  }
  return operations;
}

Program Runs(std::vector<Operation> operations) {
  return [operations = std::move(operations)](SyntheticKernel& kernel,
                                              std::vector<Executed>& executed) {
    for (const Operation& operation : operations) {
      executed.push_back({operation, kernel.Execute(operation, SyntheticKernel::WhenFull::kWait)});
    }
  };
}

AccessKind KindOf(const Operation& operation) {
  return operation.kind == Operation::Kind::kLoad ? AccessKind::kLoad : AccessKind::kStore;
}

/// Each operation is in the trace once, with everything the PMU told of it.
void CheckAllAreThere(const Played& played) {
  REQUIRE(played.accesses.size() == played.executed.size());
  std::vector<Executed> executed = played.executed;
  const auto by_time = [](const auto& a, const auto& b) { return a.monotonic_ns < b.monotonic_ns; };
  std::stable_sort(executed.begin(), executed.end(), by_time);
  std::size_t wrong = 0;
  std::uint64_t furthest_ns = 0;
  for (std::size_t i = 0; i < executed.size(); ++i) {
    const AccessRecord& access = played.accesses[i];
    const Operation& operation = executed[i].operation;
    const std::uint64_t time_ns = executed[i].monotonic_ns - played.header.start_monotonic_ns;
    furthest_ns = std::max(furthest_ns,
                           std::max(access.time_ns, time_ns) - std::min(access.time_ns, time_ns));
    const bool right = access.address == operation.address && access.ip == operation.ip &&
                       access.kind == KindOf(operation) &&
                       access.latency_cycles == operation.latency_cycles &&
                       access.data_source == operation.data_source && access.cpu == operation.cpu &&
                       access.pid == played.pid &&
                       access.tid == SyntheticKernel::TidOf(played.pid, operation.thread) &&
                       access.period != 0 && access.direct;
    wrong += right ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(furthest_ns <= 100);
}

void CheckNothingIsLost(const Played& played) {
  for (const auto& [kind, count] : played.losses) {
    CAPTURE(static_cast<int>(kind), count);
    CHECK(kind == LossKind::kUnknown);
  }
}

/// Calls that opened events of hardware, in order.
std::vector<OpenCall> OpenedHardware(const SyntheticKernel& kernel) {
  std::vector<OpenCall> calls = kernel.opened();
  std::erase_if(calls,
                [](const OpenCall& call) { return call.attributes.type == PERF_TYPE_SOFTWARE; });
  return calls;
}

bool ClockTellsAccesses() {
  const bool tells = recorder::NativeTickReplay() == recorder::TickReplay::kAvailable;
  if (!tells) WARN("SKIPPED: code of this architecture is not replayed");
  return tells;
}

constexpr std::size_t kOperations = 20'000;

}  // namespace

TEST_CASE("Synthetic: every machine gives back the operations that were put in") {
  const auto make =
      GENERATE(SandyBridge, Skylake, SapphireRapids, AlderLake, Zen3, Zen4, Power9, Power10);
  const PlayedMachine machine = make();
  CAPTURE(machine.fixture);
  SyntheticKernel kernel(machine);
  const Played played = Record(kernel, Runs(RandomOperations(machine, kOperations)));
  CHECK(played.header.origin == TraceOrigin::kSynthetic);
  CHECK(played.result.warnings.empty());
  for (const StreamInfo& stream : played.header.streams) CHECK(stream.source == SourceKind::kPmu);
  CheckAllAreThere(played);
  if (!machine.multiplexes) CheckNothingIsLost(played);
}

// What perf_mem_data_src a sample of ARM becomes is not the processor's word but made of its
// events: the values are put together here from linux/perf_event.h.
TEST_CASE("Synthetic: ARM's SPE gives back the operations that were put in") {
  constexpr std::uint16_t kRetired = 1U << 1;
  constexpr std::uint16_t kL1Access = 1U << 2;
  constexpr std::uint16_t kL1Refill = 1U << 3;
  constexpr std::uint16_t kTlbAccess = 1U << 4;
  const auto bits = [](std::uint64_t value, int shift) { return value << shift; };
  const std::uint64_t common = bits(PERF_MEM_TLB_WK | PERF_MEM_TLB_HIT, PERF_MEM_TLB_SHIFT) |
                               bits(PERF_MEM_SNOOP_NA, PERF_MEM_SNOOP_SHIFT) |
                               bits(PERF_MEM_LOCK_NA, PERF_MEM_LOCK_SHIFT);
  PlayedMachine machine = Neoverse();
  machine.swaps_contexts = GENERATE(false, true);
  machine.load_source =
      PERF_MEM_OP_LOAD | common | bits(PERF_MEM_LVL_L1 | PERF_MEM_LVL_MISS, PERF_MEM_LVL_SHIFT);
  machine.store_source =
      PERF_MEM_OP_STORE | common | bits(PERF_MEM_LVL_L1 | PERF_MEM_LVL_HIT, PERF_MEM_LVL_SHIFT);
  std::vector<Operation> operations = RandomOperations(machine, kOperations);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    Operation& operation = operations[i];
    const bool missed = operation.kind == Operation::Kind::kLoad;
    constexpr std::size_t kOneAfterTheOther = 500;  // threads on a CPU
    operation.thread = static_cast<int>(i / kOneAfterTheOther % 2);
    operation.spe_events =
        kRetired | kL1Access | kTlbAccess | (missed ? kL1Refill : std::uint16_t{0});
  }
  SyntheticKernel kernel(machine);
  const Played played = Record(kernel, Runs(std::move(operations)));
  CHECK(played.result.warnings.empty());
  CheckAllAreThere(played);
  CheckNothingIsLost(played);
  CHECK(played.header.streams.at(0).may_batch);
}

TEST_CASE("Synthetic: ARM's samples of which the kernel could not tell are counted") {
  PlayedMachine machine = Neoverse();
  machine.swaps_contexts = false;
  SyntheticKernel kernel(machine);
  // A switch of threads for nearly every sample, more than the ring takes.
  const Played played = Record(kernel, Runs(RandomOperations(Neoverse(), kOperations)));
  CHECK(played.accesses.size() < kOperations);
  CHECK(played.accesses.size() + played.lost(LossKind::kSamplesLost) == kOperations);
}

TEST_CASE("Synthetic: what ARM's processor missed is said, and it is switched on again") {
  SyntheticKernel kernel(Neoverse());
  const Played played = Record(kernel, [](SyntheticKernel& k, std::vector<Executed>&) {
    k.Execute({.address = kHeap}, SyntheticKernel::WhenFull::kWait);
    k.Disturb(0, PERF_AUX_FLAG_COLLISION);
    k.Interrupt(0);
    k.Execute({.address = kHeap}, SyntheticKernel::WhenFull::kWait);
    k.Disturb(0, PERF_AUX_FLAG_TRUNCATED);
    k.Interrupt(0);
    k.WaitUntilOn(0);
    k.Execute({.address = kHeap}, SyntheticKernel::WhenFull::kWait);
  });
  CHECK(played.accesses.size() == 3);
  CHECK(played.lost(LossKind::kAuxGap) == 2);
}

TEST_CASE("Synthetic: precise levels go down to what each event can do") {
  const auto level_of = [](const SyntheticKernel& kernel, std::uint64_t config) {
    for (const OpenCall& call : kernel.opened()) {
      if (call.attributes.config == config) return static_cast<int>(call.attributes.precise_ip);
    }
    return -1;
  };
  SyntheticKernel sandy_bridge(SandyBridge());
  Record(sandy_bridge, Runs({}));
  CHECK(level_of(sandy_bridge, 0x1cd) == 2);
  SyntheticKernel sapphire(SapphireRapids());
  Record(sapphire, Runs({}));
  CHECK(level_of(sapphire, 0x1cd) == 2);
  CHECK(level_of(sapphire, 0x2cd) == 3);
  // A hypervisor that says 3 and does 1.
  PlayedMachine limited = Skylake();
  limited.refusal = [](const OpenCall& call) {
    return call.attributes.precise_ip > 1 ? EOPNOTSUPP : 0;
  };
  SyntheticKernel guest(limited);
  Record(guest, Runs({}));
  CHECK(level_of(guest, 0x1cd) == 1);
}

TEST_CASE("Synthetic: load latency has its leader, whatever the event is called") {
  const auto* const event = GENERATE("r1cd:P", "cpu/event=0xcd,umask=1,ldlat=3/pp");
  SyntheticKernel kernel(SapphireRapids());
  const Played played = Record(kernel, Runs({}), [&](recorder::RecorderOptions& options) {
    options.events = {{.event = event}};
  });
  CHECK(played.result.warnings.empty());
  CHECK(played.header.streams.at(0).source == SourceKind::kPmu);
}

TEST_CASE("Synthetic: a PMU that gives no addresses is not used, and that is said") {
  if (!ClockTellsAccesses()) return;
  PlayedMachine without = Skylake();
  without.refusal = [](const OpenCall& call) {
    return call.attributes.precise_ip > 0 ? EOPNOTSUPP : 0;
  };
  SyntheticKernel kernel(without);
  const Played played = Record(kernel, Runs({}));
  REQUIRE(played.header.streams.size() == 1);
  CHECK(played.header.streams[0].source == SourceKind::kClock);
  REQUIRE(played.result.warnings.size() == 1);
  CHECK(played.result.warnings[0].find("clock is sampled instead") != std::string::npos);
}

TEST_CASE("Synthetic: without a PMU the clock is sampled, and nobody is warned") {
  if (!ClockTellsAccesses()) return;
  SyntheticKernel kernel(WithoutPmu());
  const Played played = Record(kernel, Runs({}));
  REQUIRE(played.header.streams.size() == 1);
  CHECK(played.header.streams[0].source == SourceKind::kClock);
  CHECK(played.result.warnings.empty());
}

TEST_CASE("Synthetic: Intel's processors may batch, as the kernel's own clock stamps them") {
  SyntheticKernel kernel(Skylake());
  const Played played = Record(kernel, Runs({}));
  for (const StreamInfo& stream : played.header.streams) CHECK(stream.may_batch);
  for (const OpenCall& call : OpenedHardware(kernel)) {
    CHECK(call.attributes.use_clockid == 0);
    CHECK(call.attributes.freq == 0);
    CHECK(call.attributes.wakeup_events == 0);
    CHECK((call.attributes.sample_type & PERF_SAMPLE_CALLCHAIN) == 0);
  }
}

TEST_CASE("Synthetic: where the kernel does not tell how its clock runs, it stamps by another") {
  PlayedMachine machine = Skylake();
  machine.tells_clock = false;
  SyntheticKernel kernel(machine);
  const Played played = Record(kernel, Runs(RandomOperations(machine, 1000)));
  CheckAllAreThere(played);
  for (const StreamInfo& stream : played.header.streams) CHECK(!stream.may_batch);
  for (const OpenCall& call : OpenedHardware(kernel)) CHECK(call.attributes.use_clockid == 1);
}

TEST_CASE("Synthetic: callchains end batching") {
  SyntheticKernel kernel(Skylake());
  const Played played = Record(kernel, Runs({}), [](recorder::RecorderOptions& options) {
    options.events = {{.event = "cpu/mem-loads/P", .fields = {.callchain = true}}};
  });
  CHECK(!played.header.streams.at(0).may_batch);
}

TEST_CASE("Synthetic: kernels of Linux 4.19 have no detailed latency, exact losses or build-ids") {
  const PlayedMachine machine = Skylake();
  SyntheticKernel kernel(machine);
  kernel.older_kernel = [](perf_event_attr& a) {
    constexpr std::uint32_t kSize = 112;  // PERF_ATTR_SIZE_VER5
    if (a.size > kSize) {
      a.size = kSize;
      return E2BIG;
    }
    const bool unknown = (a.sample_type & PERF_SAMPLE_WEIGHT_STRUCT) != 0 ||
                         (a.read_format & PERF_FORMAT_LOST) != 0 || a.build_id != 0;
    return unknown ? EINVAL : 0;
  };
  const Played played = Record(kernel, Runs(RandomOperations(machine, kOperations)));
  CheckAllAreThere(played);
  CheckNothingIsLost(played);
}

TEST_CASE("Synthetic: AMD's samples of other operations are counted, not recorded") {
  SyntheticKernel kernel(Zen4());
  constexpr std::uint64_t kNotMemory = 0x1e05080021;  // test/data/perf/data_src-vectors.tsv
  const Played played = Record(kernel, [&](SyntheticKernel& k, std::vector<Executed>&) {
    for (int i = 0; i < 30; ++i) {
      k.Execute({.kind = Operation::Kind::kNeither, .data_source = kNotMemory},
                SyntheticKernel::WhenFull::kWait);
    }
    for (int i = 0; i < 20; ++i) {
      k.Execute({.data_source = Zen4().load_source}, SyntheticKernel::WhenFull::kWait);
    }
    k.Execute({.address = kHeap, .data_source = Zen4().load_source},
              SyntheticKernel::WhenFull::kWait);
  });
  CHECK(played.accesses.size() == 1);
  CHECK(played.lost(LossKind::kNotMemory) == 30);
  CHECK(played.lost(LossKind::kNoDataAddress) == 20);
}

TEST_CASE(
    "Synthetic: kernels whose IBS samples whole CPUs give back the program's operations alone") {
  const PlayedMachine machine = Zen3BeforeLinux62();
  SyntheticKernel kernel(machine);
  const Played played = Record(kernel, [&](SyntheticKernel& k, std::vector<Executed>& executed) {
    for (const Operation& operation : RandomOperations(machine, 2000)) {
      executed.push_back({operation, k.Execute(operation, SyntheticKernel::WhenFull::kWait)});
      Operation foreign = operation;
      foreign.thread = -1;
      k.Execute(foreign, SyntheticKernel::WhenFull::kWait);
    }
  });
  CheckAllAreThere(played);
  CheckNothingIsLost(played);
  REQUIRE(played.result.warnings.size() == 1);
  CHECK(played.result.warnings[0].find("whole CPUs") != std::string::npos);
}

TEST_CASE("Synthetic: POWER's loads and stores take turns, and that is counted") {
  SyntheticKernel kernel(Power9());
  const Played played = Record(kernel, Runs({}));
  // Two streams, each half of a millisecond.
  CHECK(played.lost(LossKind::kMultiplexed) == 2 * 500'000);
}

TEST_CASE("Synthetic: what finds no room is counted, to the last sample") {
  SyntheticKernel kernel(Skylake());
  std::vector<Operation> operations = RandomOperations(Skylake(), kOperations);
  const Played played = Record(
      kernel,
      [&](SyntheticKernel& k, std::vector<Executed>&) {
        for (const Operation& operation : operations) {
          k.Execute(operation, SyntheticKernel::WhenFull::kLose);
        }
      },
      [](recorder::RecorderOptions& options) { options.buffer_bytes = 32U << 10; });
  CHECK(kernel.lost_samples() > 0);
  CHECK(played.accesses.size() + kernel.lost_samples() == kOperations);
  CHECK(played.lost(LossKind::kRingOverflow) == kernel.lost());
}

TEST_CASE("Synthetic: small rings that go round many times lose nothing") {
  const PlayedMachine machine = Skylake();
  SyntheticKernel kernel(machine);
  const Played played =
      Record(kernel, Runs(RandomOperations(machine, 3000)),
             [](recorder::RecorderOptions& options) { options.buffer_bytes = 32U << 10; });
  CheckAllAreThere(played);
  CheckNothingIsLost(played);
}

TEST_CASE("Synthetic: throttling, losses before the ring and records that make no sense") {
  SyntheticKernel kernel(Skylake());
  const Played played = Record(kernel, [](SyntheticKernel& k, std::vector<Executed>&) {
    const Operation operation{.address = kHeap, .data_source = Skylake().load_source, .cpu = 1};
    k.Execute(operation, SyntheticKernel::WhenFull::kWait);
    k.Write(PERF_RECORD_THROTTLE, 1, {0, 1000, 0});
    k.Write(PERF_RECORD_UNTHROTTLE, 1, {0, 1000, 0});
    k.Write(PERF_RECORD_LOST_SAMPLES, 1, {17});
    k.Write(99, 1, {1, 2, 3});         // of a type that no kernel has
    k.Write(PERF_RECORD_LOST, 1, {});  // shorter than its fields
    k.Execute(operation, SyntheticKernel::WhenFull::kWait);
    // A record without a size: what follows cannot be found, and the ring is read on from its end.
    k.WriteRaw(0, Bytes(64, std::byte{0}));
  });
  CHECK(played.accesses.size() == 2);
  CHECK(played.lost(LossKind::kThrottle) == 1);
  CHECK(played.lost(LossKind::kSamplesLost) == 17);
  CHECK(played.lost(LossKind::kCorruptRecord) == 3);
}

}  // namespace heimdallr::synthetic
