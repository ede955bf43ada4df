// What each kernel refuses, with the function of Linux that does: x86_pmu_hw_config,
// intel_pmu_hw_config, glc_get_event_constraints, perf_ibs_init, arm_spe_pmu_event_init. Values of
// perf_mem_data_src are those of test/data/perf/data_src-vectors.tsv where it has one.
#include "played_machine.h"

#include <cerrno>

namespace heimdallr::synthetic {
namespace {

constexpr std::uint32_t kCore = 4;           // PERF_TYPE_RAW: the PMU of the (large) cores
constexpr std::uint32_t kAtom = 7;           // the type of cpu_atom in the tree of Alder Lake
constexpr std::uint32_t kIbsOp = 11;         // of ibs_op in the trees of AMD
constexpr std::uint32_t kSpe = 9;            // of arm_spe_0 in the tree of Neoverse
constexpr std::uint64_t kAuxEvent = 0x8203;  // mem-loads-aux
constexpr std::uint64_t kLoadLatency = 0x1cd;

bool IsLoad(const Operation& operation) { return operation.kind == Operation::Kind::kLoad; }
bool IsStore(const Operation& operation) { return operation.kind == Operation::Kind::kStore; }

// Software events are everywhere; of hardware, the PMU with this type.
int NoSuchPmu(const perf_event_attr& attributes, std::uint32_t type) {
  return attributes.type == PERF_TYPE_SOFTWARE || attributes.type == type ? 0 : ENOENT;
}

// Loads and stores are told apart by the event.
auto SamplesBy(std::uint64_t loads, std::uint64_t stores) {
  return [=](const perf_event_attr& attributes, const Operation& operation) {
    if (attributes.type == PERF_TYPE_SOFTWARE || attributes.sample_period == 0) return false;
    return (IsLoad(operation) && attributes.config == loads) ||
           (IsStore(operation) && attributes.config == stores);
  };
}

PlayedMachine Intel(const char* fixture, std::uint64_t stores, std::uint32_t most_precise) {
  PlayedMachine machine{.fixture = fixture,
                        .samples = SamplesBy(kLoadLatency, stores),
                        .load_source = 0x11868100242,
                        .store_source = 0x5080144};
  machine.refusal = [=](const OpenCall& call) {
    if (const int error = NoSuchPmu(call.attributes, kCore)) return error;
    if (call.attributes.type == PERF_TYPE_SOFTWARE) return 0;
    if (call.attributes.precise_ip > most_precise) return EOPNOTSUPP;
    // Of a clock other than CLOCK_MONOTONIC and CLOCK_MONOTONIC_RAW an NMI cannot tell.
    if (call.attributes.use_clockid != 0 && call.attributes.clockid > 4) return EINVAL;
    return 0;
  };
  return machine;
}

// Load latency needs the aux event before it in its group, and cannot be at level 3.
int GoldenCoveRefusal(const OpenCall& call) {
  if (call.attributes.type != kCore || call.attributes.config != kLoadLatency) return 0;
  if (call.leader == nullptr || call.leader->config != kAuxEvent) return ENODATA;
  return call.attributes.precise_ip == 3 ? EINVAL : 0;
}

int IbsRefusal(const OpenCall& call) {
  const perf_event_attr& a = call.attributes;
  if (const int error = NoSuchPmu(a, kIbsOp)) return error;
  if (a.type == PERF_TYPE_SOFTWARE) return 0;
  const bool filtered = (a.config2 & 1) != 0;
  if (a.exclude_host != 0 || a.exclude_guest != 0 || a.exclude_idle != 0) return EINVAL;
  if (!filtered && (a.exclude_user != 0 || a.exclude_kernel != 0 || a.exclude_hv != 0)) {
    return EINVAL;
  }
  if (a.freq == 0 && (a.sample_period == 0 || a.sample_period % 16 != 0)) return EINVAL;
  return 0;
}

PlayedMachine Amd(const char* fixture) {
  return {.fixture = fixture,
          .refusal = IbsRefusal,
          .samples = [](const perf_event_attr& a, const Operation&) { return a.type == kIbsOp; },
          .load_source = 0x1a49081042,
          .store_source = 0x229080144};
}

PlayedMachine Power(const char* fixture, std::uint64_t loads, std::uint64_t stores) {
  return {.fixture = fixture,
          .refusal =
              [](const OpenCall& call) {
                // Loads and stores want the same counter: a group of both cannot be scheduled.
                if (call.leader != nullptr) return EINVAL;
                return NoSuchPmu(call.attributes, kCore);
              },
          .samples = SamplesBy(loads, stores),
          .tells_clock = false,
          .multiplexes = true,
          .load_source = 0x5080842,
          .store_source = 0x5080144};
}

}  // namespace

PlayedMachine SandyBridge() { return Intel("sandybridge", 0x2cd, 2); }
PlayedMachine Skylake() { return Intel("skylake", 0x82d0, 3); }

PlayedMachine SapphireRapids() {
  PlayedMachine machine = Intel("sapphirerapids", 0x2cd, 3);
  machine.refusal = [intel = machine.refusal](const OpenCall& call) {
    const int error = intel(call);
    return error != 0 ? error : GoldenCoveRefusal(call);
  };
  return machine;
}

PlayedMachine AlderLake() {
  PlayedMachine machine = Intel("alderlake-hybrid", 0x2cd, 3);
  machine.online = "0-11";
  machine.refusal = [](const OpenCall& call) {
    const perf_event_attr& a = call.attributes;
    if (a.type == PERF_TYPE_SOFTWARE) return 0;
    // A CPU that is not of the PMU.
    const bool large = call.cpu < 4;
    if (a.type != (large ? kCore : kAtom)) return ENOENT;
    if (a.precise_ip > 3) return EOPNOTSUPP;
    return GoldenCoveRefusal(call);
  };
  machine.samples = [](const perf_event_attr& a, const Operation& operation) {
    if (a.type == kCore) return SamplesBy(kLoadLatency, 0x2cd)(a, operation);
    return a.type == kAtom && SamplesBy(0x5d0, 0x6d0)(a, operation);
  };
  return machine;
}

PlayedMachine Zen3() { return Amd("zen3"); }

// perf_invalid_context: events of a task are refused.
PlayedMachine Zen3BeforeLinux62() {
  PlayedMachine machine = Amd("zen3");
  machine.refusal = [](const OpenCall& call) {
    if (call.attributes.type == kIbsOp && call.pid >= 0) return EINVAL;
    return IbsRefusal(call);
  };
  return machine;
}

PlayedMachine Zen4() { return Amd("zen4"); }
PlayedMachine Power9() { return Power("power9", 0x34340401e0, 0x343c0401e0); }
PlayedMachine Power10() { return Power("power10", 0x35340401e0, 0x353c0401e0); }

PlayedMachine Neoverse() {
  return {.fixture = "neoverse-spe",
          .refusal =
              [](const OpenCall& call) {
                const perf_event_attr& a = call.attributes;
                if (const int error = NoSuchPmu(a, kSpe)) return error;
                if (a.type == PERF_TYPE_SOFTWARE) return 0;
                if (a.freq != 0 || a.sample_period == 0) return EINVAL;
                return a.exclude_idle != 0 ? EOPNOTSUPP : 0;
              },
          .samples =
              [](const perf_event_attr& a, const Operation& operation) {
                constexpr std::uint64_t kLoads = std::uint64_t{1} << 33;
                constexpr std::uint64_t kStores = std::uint64_t{1} << 34;
                return a.type == kSpe && ((IsLoad(operation) && (a.config & kLoads) != 0) ||
                                          (IsStore(operation) && (a.config & kStores) != 0));
              },
          .is_spe = true};
}

PlayedMachine WithoutPmu() {
  return {.fixture = "vm-no-pmu",
          .refusal =
              [](const OpenCall& call) {
                return call.attributes.type == PERF_TYPE_SOFTWARE ? 0 : ENOENT;
              },
          .samples = [](const perf_event_attr&, const Operation&) { return false; }};
}

}  // namespace heimdallr::synthetic
