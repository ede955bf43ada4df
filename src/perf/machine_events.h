// Which events of a machine sample loads and stores with their addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perf/event_encoding.h"
#include "perf/pmu_catalog.h"

namespace heimdallr::perf {

/// How a source delivers its samples.
enum class MemorySource : std::uint8_t {
  kNone,
  kPebs,   ///< Intel: one event for loads, one for stores
  kIbs,    ///< AMD: each N-th operation, loads and stores among them
  kMmcra,  ///< POWER: one event for loads, one for stores, never at the same time
  kSpe,    ///< ARM: records in the AUX area
};

struct MemoryEvent {
  EncodedEvent event;
  std::optional<EncodedEvent> leader;  ///< to be opened before it, as leader of their group
};

/// Those of one kind of cores; of most machines there is one.
struct CoreMemoryEvents {
  std::string pmu;
  std::vector<int> cpus;  ///< where to open them; empty = on all
  std::optional<MemoryEvent> load;
  std::optional<MemoryEvent> store;
  std::optional<MemoryEvent> load_store;
};

struct MachineMemoryEvents {
  MemorySource source = MemorySource::kNone;
  std::vector<CoreMemoryEvents> cores;  ///< one for each kind; each has an event at least
  std::uint64_t period_multiple = 1;    ///< periods are to be multiples of this
  std::uint64_t least_period = 1;
  std::string problem;             ///< why there are none; empty = there are
  std::vector<std::string> notes;  ///< for people
};

/// In the order of what tells most: Intel, POWER, AMD, ARM. `ldlat`: only loads that take so many
/// cycles or more, where the processor can filter by it.
[[nodiscard]] MachineMemoryEvents FindMemoryEvents(const PmuCatalog& catalog, std::uint32_t ldlat);

}  // namespace heimdallr::perf
