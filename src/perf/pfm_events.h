// Raw events by the names that processors' manuals give them, through libpfm4.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::perf {

/// As `perf_event_attr` has them.
struct PfmEvent {
  std::uint32_t type = 0;
  std::array<std::uint64_t, 3> config{};  ///< config, config1, config2
  std::uint32_t precise_level = 0;
  bool user = false;
  bool kernel = false;
  bool hypervisor = false;
};

/// An event such as "MEM_TRANS_RETIRED:LOAD_LATENCY:ldlat=30:precise=2", with a PMU before it where
/// several have it ("skl::..."). NotFound when libpfm4 knows no such event of this processor,
/// InvalidArgument when parts of it do not go together, Unimplemented when heimdallr was built
/// without libpfm4.
[[nodiscard]] absl::StatusOr<PfmEvent> EncodePfmEvent(const std::string& event);

}  // namespace heimdallr::perf
