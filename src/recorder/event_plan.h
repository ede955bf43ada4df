// What a recording samples: streams, and the events of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"
#include "perf/event.h"
#include "perf/machine_events.h"
#include "recorder/options.h"

namespace heimdallr::recorder {

struct PlannedEvent {
  perf::EventDescription description;
  std::optional<perf::EventDescription> leader;  ///< of its group, opened before it; it only counts
  std::vector<int> cpus;                         ///< empty = all
  bool is_spe = false;                           ///< its samples come by the AUX area
  /// Before Linux 6.2 it cannot follow a program: then it samples whole CPUs, and what is not of
  /// the program is left out.
  bool may_be_of_all = false;
};

struct PlannedStream {
  StreamInfo info;
  AccessKind kind = AccessKind::kUnknown;  ///< of accesses that do not tell it themselves
  std::vector<PlannedEvent> events;        ///< one for each kind of cores

  [[nodiscard]] std::uint64_t sample_type() const {
    return events.empty() ? 0 : events.front().description.sample_type;
  }
  [[nodiscard]] bool samples_registers() const {
    return (sample_type() & (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_REGS_INTR)) != 0;
  }
  /// Registers are those of the processor's own record (perf::SampleRegisters).
  [[nodiscard]] bool has_processors_record() const {
    return (sample_type() & PERF_SAMPLE_REGS_INTR) != 0;
  }
};

/// Whether a tick of the clock tells accesses, which takes replay of the code around it.
enum class TickReplay : std::uint8_t { kAvailable, kMissing };

/// Of the architecture this is built for.
[[nodiscard]] TickReplay NativeTickReplay();

/// Page faults are sampled in the place of the clock, which was not asked for by name.
[[nodiscard]] bool FaultsReplaceClock(const RecorderOptions& options, TickReplay replay);

/// Those that `options` asks for, numbered from 1 as in the header of the trace; `sys_root` stands
/// for /sys. NotFound and InvalidArgument name the event that cannot be had and what can;
/// Unimplemented the clock, where its ticks tell nothing.
[[nodiscard]] absl::StatusOr<std::vector<PlannedStream>> PlanStreams(
    const RecorderOptions& options, const std::string& sys_root,
    TickReplay replay = NativeTickReplay());

/// The hardware's events for loads and stores, as requests. Empty when there are none.
[[nodiscard]] std::vector<EventRequest> HardwareRequests(const perf::MachineMemoryEvents& memory);

}  // namespace heimdallr::recorder
