// What is summed up of a recording once it has been read.
#pragma once

#include <cstdint>

#include <absl/status/status.h>

#include "analysis/access_profile.h"
#include "analysis/allocation_statistics.h"
#include "analysis/process_table.h"
#include "store/connection.h"
#include "store/heat_cells.h"
#include "store/place_rows.h"

namespace heimdallr::store {

struct RecordingSums {
  const analysis::AccessProfile& profile;
  const analysis::AllocationStatistics& allocations;
  const analysis::ProcessTable& processes;
  const HeatCells& heat;
};

/// Fills object_groups (from row `first_group` on), group_frames, unmatched, instructions, sites,
/// processes and heat of one repetition.
absl::Status AddSums(Connection& connection, std::int64_t repetition, std::int64_t first_group,
                     const Symbols& symbols, const RecordingSums& sums, PlaceRows& places);

}  // namespace heimdallr::store
