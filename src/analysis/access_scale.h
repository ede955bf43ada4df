// What a sampled access stands for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/access_quantities.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::analysis {

/// What estimated accesses are counted in.
enum class EstimateUnit : std::uint8_t {
  kAccesses = 0,  ///< hardware samples, each of `period` accesses
  kAccessesPerNsOfCode =
      1,  ///< clock: as if each instruction took 1 ns; only ratios mean something
};

/// Turns records into shares by the streams they come from.
class AccessScale {
 public:
  explicit AccessScale(const TraceHeader& header);

  /// Share of one of `records_of_tick` records that a sample gave. The estimate is weight x period.
  /// The period of a clock tick is CPU time and is divided among them; other samples have no time.
  /// Where hardware samples exist, those of the clock do not count as accesses.
  [[nodiscard]] AccessShare ShareOf(const AccessRecord& record, std::size_t records_of_tick) const;

  [[nodiscard]] EstimateUnit unit() const { return unit_; }

 private:
  struct Stream {
    SourceKind source = SourceKind::kUnknown;
    std::uint64_t period = 0;
  };

  EstimateUnit unit_ = EstimateUnit::kAccesses;
  std::vector<Stream> streams_ = std::vector<Stream>(256);
};

}  // namespace heimdallr::analysis
