// The events of a machine: what can be sampled, and what would be opened for its memory accesses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "perf/event_encoding.h"
#include "perf/machine_events.h"
#include "perf/pmu_catalog.h"

namespace heimdallr::recorder {

struct EventListing {
  perf::PmuCatalog catalog;
  perf::MachineMemoryEvents memory;
};

/// Of the tree below `sys_root`, which stands for /sys. `ldlat`: see perf::FindMemoryEvents.
/// NotFound when there are no event sources.
[[nodiscard]] absl::StatusOr<EventListing> ListEvents(const std::string& sys_root,
                                                      std::uint32_t ldlat);

/// An event in perf's syntax as it would be opened: one for each PMU that has it. Errors name the
/// part that is not known.
[[nodiscard]] absl::StatusOr<std::vector<perf::EncodedEvent>> EncodeText(
    const std::string& event, const perf::PmuCatalog& catalog);

}  // namespace heimdallr::recorder
