// What the rows of the object and code tables are set against.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/access_profile.h"
#include "analysis/profile_rows.h"
#include "heimdallr/symbols.h"

namespace heimdallr::cli {

/// Totals of a profile, which rows are shares of.
struct ProfileFigures {
  analysis::AccessQuantities all;  ///< matched or not
  std::uint64_t ticks = 0;         ///< that gave accesses
  std::uint64_t ticks_without_access = 0;
  double time_ns = 0;  ///< analysis::SampledTimeNs
  analysis::EstimateUnit unit = analysis::EstimateUnit::kAccesses;
  std::array<analysis::AccessQuantities, analysis::kUnmatchedReasons> unmatched;  ///< by Unmatched

  [[nodiscard]] analysis::AccessQuantities AllUnmatched() const;
};

[[nodiscard]] ProfileFigures FiguresOf(const analysis::AccessProfile& profile);

/// The first rows of both tables.
struct ProfileTops {
  ProfileFigures figures;
  std::vector<analysis::ObjectRow> objects;  ///< by site
  std::vector<analysis::CodeRow> code;       ///< by function
};

/// Most accesses first; none that has neither accesses nor faults.
[[nodiscard]] ProfileTops TopsOf(const analysis::AccessProfile& profile, const Symbols& symbols,
                                 std::size_t limit);

/// `part` of `whole`, 0 where there is nothing.
[[nodiscard]] inline double Share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

}  // namespace heimdallr::cli
