// Machines of which there is a tree in test/data/sysfs, as their kernels answer: what they refuse
// to open, and which operations of a program an event samples.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "kernel_records.h"

namespace heimdallr::synthetic {

/// Something a processor does that its PMU may take a sample of.
struct Operation {
  enum class Kind : std::uint8_t { kLoad, kStore, kNeither };
  Kind kind = Kind::kLoad;
  std::uint64_t ip = 0;
  std::uint64_t address = 0;  // 0 = the PMU does not know it
  std::uint64_t data_source = 0;
  std::uint16_t spe_events = 0;  // of ARM, instead of `data_source`
  std::uint16_t latency_cycles = 0;
  std::uint32_t cpu = 0;
  Registers registers{};            // behind the instruction, as a PEBS record has them
  Registers interrupt_registers{};  // when the kernel comes to it
  std::uint64_t registers_abi = PERF_SAMPLE_REGS_ABI_64;
  int thread = 0;  // 0 = the first of the program; -1 = of another program
};

/// A call of perf_event_open(2).
struct OpenCall {
  perf_event_attr attributes{};
  pid_t pid = 0;
  int cpu = 0;
  const perf_event_attr* leader = nullptr;  // of the group; null = none
};

struct PlayedMachine {
  std::string fixture;                          // folder of test/data/sysfs
  std::string online = "0-1";                   // CPUs
  std::function<int(const OpenCall&)> refusal;  // an errno, or 0
  std::function<bool(const perf_event_attr&, const Operation&)> samples;
  bool is_spe = false;
  bool swaps_contexts = true;     // threads of inherited events follow each other without a stop
  bool tells_clock = true;        // x86: times can be computed from the time stamp counter
  bool multiplexes = false;       // POWER: each event has its counter half of the time
  std::uint64_t load_source = 0;  // a perf_mem_data_src such as this machine tells, of a load
  std::uint64_t store_source = 0;
};

[[nodiscard]] PlayedMachine SandyBridge();
[[nodiscard]] PlayedMachine Skylake();
[[nodiscard]] PlayedMachine SapphireRapids();
[[nodiscard]] PlayedMachine AlderLake();
[[nodiscard]] PlayedMachine Zen3();
[[nodiscard]] PlayedMachine Zen3BeforeLinux62();
[[nodiscard]] PlayedMachine Zen4();
[[nodiscard]] PlayedMachine Power9();
[[nodiscard]] PlayedMachine Power10();
[[nodiscard]] PlayedMachine Neoverse();
[[nodiscard]] PlayedMachine WithoutPmu();

}  // namespace heimdallr::synthetic
