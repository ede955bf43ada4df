// What to sample: an event as plain values, before anything is opened.
#pragma once

#include <linux/perf_event.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heimdallr::perf {

/// How often an event samples. Zero means that it only counts.
struct SamplingRate {
  enum class Unit : std::uint8_t {
    kPeriod,     ///< every `value` events; of cpu-clock: nanoseconds
    kFrequency,  ///< `value` samples a second; the kernel steers the period
  };
  Unit unit = Unit::kPeriod;
  std::uint64_t value = 0;
};

/// Which task and processor records an event writes into its ring (linux/perf_event.h).
struct MetadataRecords {
  bool comm = false;
  bool comm_exec = false;       ///< COMM says whether exec made it
  bool mmap = false;            ///< executable mappings
  bool mmap_data = false;       ///< the others too
  bool mmap2 = false;           ///< as MMAP2: protection, flags, inode
  bool task = false;            ///< FORK and EXIT
  bool context_switch = false;  ///< SWITCH, when a thread gets or leaves the CPU
  bool build_id = false;        ///< MMAP2 carries the build-id of the file instead of its inode
};

/// An event. Field values are those of `perf_event_attr`.
struct EventDescription {
  std::string name;        ///< in perf's syntax without modifiers, such as "cpu-clock"
  std::uint32_t type = 0;  ///< PERF_TYPE_* or the number in a PMU's `type` file
  std::uint64_t config = 0;
  std::uint64_t config1 = 0;
  std::uint64_t config2 = 0;
  SamplingRate rate;
  std::uint64_t sample_type = 0;                 ///< PERF_SAMPLE_* bits
  std::uint64_t sample_user_registers = 0;       ///< mask in the order of asm/perf_regs.h
  std::uint64_t sample_interrupt_registers = 0;  ///< the same, of PERF_SAMPLE_REGS_INTR
  std::uint64_t read_format = 0;                 ///< PERF_FORMAT_* bits
  std::uint32_t wakeup_bytes = 0;   ///< poll(2) reports the ring from here on; 0 = kernel's
  std::uint32_t precise_level = 0;  ///< `precise_ip`, 0..3: the highest that is tried
  /// The lowest `precise_ip` that will do: without any, Intel's processors give no data address.
  /// Levels are tried from the highest down. More than `precise_level`: that one alone.
  std::uint32_t least_precise_level = 3;
  std::uint32_t breakpoint_kind = 0;  ///< HW_BREAKPOINT_* bits; config1 is its address, config2 its
                                      ///< bytes
  bool exclude_user = false;
  bool exclude_kernel = true;
  bool exclude_hypervisor = true;
  bool exclude_guest = false;
  bool inherit = true;         ///< follow threads and children made later
  bool disabled = true;        ///< starts by `enable_on_exec` or Event::Enable
  bool enable_on_exec = true;  ///< starts when the target execs
  bool sample_id_all = true;   ///< every record carries time, pid, cpu and id, not only samples
  MetadataRecords metadata;
  std::optional<clockid_t> clock = CLOCK_MONOTONIC;  ///< none = the kernel's perf clock
};

/// What code is replayed from, as `sample_user_registers`: all sixteen general registers, the
/// instruction pointer and the flags of x86-64. 0 on other architectures, whose code is not
/// replayed.
[[nodiscard]] std::uint64_t ReplayedRegisters();

/// The source that works without a PMU, as an option: the clock where its ticks tell accesses.
[[nodiscard]] std::string_view SourceWithoutPmu();

/// Adds these registers to the samples of an event: REGS_USER, and REGS_INTR where `precise_level`
/// is set, for until Linux 6.15 the kernel copies the registers out of the processor's own record
/// (PEBS) for those alone (setup_pebs_adaptive_sample_data of arch/x86/events/intel/ds.c);
/// REGS_USER are then those of an interrupt that comes later.
void SampleRegisters(EventDescription& event);

/// Ticks of time spent on a CPU, with the registers of that moment that code is replayed from.
[[nodiscard]] EventDescription CpuClockEvent(SamplingRate rate);

/// Every page fault, with the address.
[[nodiscard]] EventDescription PageFaultEvent();

/// Counts nothing; carries COMM, MMAP2, FORK and EXIT. Its ring is best that of another event of
/// the same CPU (Event::RedirectTo).
[[nodiscard]] EventDescription MetadataEvent();

/// What perf_event_open(2) takes: fields not described are zero, `size` is that of this build's
/// struct, and of `precise_level` the lowest two bits. Checks nothing; the kernel does.
[[nodiscard]] perf_event_attr ToAttributes(const EventDescription& event);

/// The event as `perf record -e` takes it, such as "cpu-clock:u".
[[nodiscard]] std::string EventText(const EventDescription& event);

}  // namespace heimdallr::perf
