// Where the workload's memory comes from and where it runs: what was asked for, checked, and as the
// launch needs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/trace_header.h"
#include "process/placement.h"
#include "recorder/options.h"
#include "topology/memory_check.h"

namespace heimdallr::channel {
class Channel;
}

namespace heimdallr::recorder {

/// A heap that libheimdallr-memkind.so makes in the workload.
struct AskedHeap {
  std::string name;     ///< for people: "kind:hbw", "pmem:/mnt/pmem"
  std::string setting;  ///< value of channel::kMemoryVariable
  /// The same, but without a fallback: what is tried before the workload starts.
  std::string strict_setting;
  std::string advice;  ///< what makes memory of this kind available; may be empty
};

struct WorkloadPlacement {
  process::Placement launch;
  std::optional<AskedHeap> heap;             ///< none: the program's own allocator
  std::vector<std::uint32_t> recorder_cpus;  ///< where the recorder is to run; empty = anywhere
  std::vector<MemoryInfo> memories;          ///< for the header of the trace
  std::vector<NodeInfo> nodes;               ///< the same
};

/// What of this machine and process a placement depends on.
struct Surroundings {
  topology::MachineMemory machine;
  std::vector<std::uint32_t> allowed_cpus;
  std::vector<std::string> environment;  ///< the workload's, NAME=VALUE
};
[[nodiscard]] absl::StatusOr<Surroundings> LookAround();

/// An error says in a line what cannot be had and why; what can but has a catch becomes a warning.
/// That memkind has memory of a kind is not looked at here; see heap_probe.h.
[[nodiscard]] absl::StatusOr<WorkloadPlacement> PlanPlacement(const PlacementOptions& options,
                                                              const Surroundings& surroundings,
                                                              std::vector<std::string>& warnings);

/// `status`, an error that is not the fault of an option, with a word on what asks for the memory.
[[nodiscard]] absl::Status WithSource(absl::Status status, const PlacementOptions& options);

/// Binds the calling thread to `cpus`, unless there are none.
[[nodiscard]] absl::Status RunOn(const std::vector<std::uint32_t>& cpus);

/// Lets the pages of the channel's memory lie near whoever touches them first. Without this those
/// that the workload touches before the recorder would fall under the workload's memory policy.
[[nodiscard]] absl::Status KeepOutOfPolicies(const channel::Channel& channel);

}  // namespace heimdallr::recorder
