// Records as the kernel lays them out in a ring: linux/perf_event.h (enum perf_event_type) and
// perf_event_open(2), "MMAP layout". Written from those, not from what reads them.
#pragma once

#include <linux/perf_event.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace heimdallr::synthetic {

/// What every record can carry of the moment it was made.
struct Moment {
  std::uint64_t time = 0;  // of the event's clock
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint32_t cpu = 0;
  std::uint64_t id = 0;
};

using Registers = std::array<std::uint64_t, 64>;

/// What a PMU tells of a memory operation.
struct SampleValues {
  std::uint64_t ip = 0;
  std::uint64_t address = 0;
  std::uint64_t period = 0;
  std::uint64_t data_source = 0;
  std::uint32_t latency = 0;              // var1_dw
  std::uint16_t instruction_latency = 0;  // var2_w
  Registers registers{};                  // of PEBS, for PERF_SAMPLE_REGS_INTR
  Registers interrupt_registers{};        // for PERF_SAMPLE_REGS_USER
  std::uint64_t registers_abi = PERF_SAMPLE_REGS_ABI_64;
};

using Bytes = std::vector<std::byte>;

/// With the fields that `attributes.sample_type` names; those of no use here are zero.
[[nodiscard]] Bytes SampleBytes(const perf_event_attr& attributes, const Moment& moment,
                                const SampleValues& values);

[[nodiscard]] Bytes CommBytes(const perf_event_attr& attributes, const Moment& moment, bool exec,
                              std::string_view name);

/// A private mapping, of no device and inode.
struct MappingValues {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  std::uint32_t protection = 0;
  std::string_view name;
};

[[nodiscard]] Bytes Mmap2Bytes(const perf_event_attr& attributes, const Moment& moment,
                               const MappingValues& values);

/// Of type FORK or EXIT. `moment` is the new or ending thread's; its parent is thread `parent`.
[[nodiscard]] Bytes TaskBytes(std::uint32_t type, const perf_event_attr& attributes,
                              const Moment& moment, std::int32_t parent);

/// A thread gets the CPU, or with PERF_RECORD_MISC_SWITCH_OUT leaves it.
[[nodiscard]] Bytes SwitchBytes(const perf_event_attr& attributes, const Moment& moment,
                                std::uint16_t misc);

/// Of a type whose body is these words: LOST, LOST_SAMPLES, THROTTLE, AUX and others.
[[nodiscard]] Bytes WordsBytes(std::uint32_t type, const perf_event_attr& attributes,
                               const Moment& moment, const std::vector<std::uint64_t>& words);

}  // namespace heimdallr::synthetic
