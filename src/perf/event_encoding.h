// Events by name, as the kernel takes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "perf/event.h"
#include "perf/event_syntax.h"
#include "perf/pmu_catalog.h"

namespace heimdallr::perf {

/// An event of one PMU.
struct EncodedEvent {
  std::string
      pmu;  ///< empty = the kernel finds it by `type`: software, breakpoints, generic events
  std::string text;  ///< in perf's syntax, without modifiers
  std::uint32_t type = 0;
  ConfigWords words{};
  std::uint64_t breakpoint_address = 0;  ///< of a breakpoint
  std::uint64_t breakpoint_bytes = 0;
  std::uint32_t breakpoint_kind = 0;  ///< HW_BREAKPOINT_* bits; 0 = no breakpoint
  /// `precise_ip`: the highest to try, and the least that will do.
  std::uint32_t precise_level = 0;
  std::uint32_t least_precise_level = 0;
  EventModifiers modifiers;
  std::optional<std::uint64_t> period;        ///< of a term `period`
  std::optional<std::uint32_t> frequency_hz;  ///< of a term `freq`
  std::vector<int> cpus;                      ///< where to open it; empty = on all
};

/// One event; of a name that several PMUs have, as on processors with cores of two kinds, one for
/// each, and so of a PMU that is there several times ("arm_spe" for arm_spe_0, arm_spe_1).
/// InvalidArgument names the part that is not known and those that are; NotFound when there is no
/// such PMU, FailedPrecondition when none of its CPUs is online.
[[nodiscard]] absl::StatusOr<std::vector<EncodedEvent>> EncodeEvent(const ParsedEvent& event,
                                                                    const PmuCatalog& catalog);

/// A named event of a PMU with further terms, which replace its own of these names.
[[nodiscard]] absl::StatusOr<EncodedEvent> EncodeNamed(const Pmu& pmu, const std::string& event,
                                                       const std::vector<EventTerm>& terms);

/// Terms of a PMU.
[[nodiscard]] absl::StatusOr<EncodedEvent> EncodeTerms(const Pmu& pmu,
                                                       const std::vector<EventTerm>& terms);

}  // namespace heimdallr::perf
