// Whether what is asked for of memory can be had here: before the workload starts, each no with its
// reason in a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/trace_header.h"
#include "topology/memory_spec.h"

namespace heimdallr::topology {

/// What of the machine decides it.
struct MachineMemory {
  std::vector<NodeInfo> nodes;  ///< empty = the kernel knows no nodes
  /// The nodes of the process's cpuset; empty = not known.
  std::vector<std::uint32_t> allowed_nodes;
};

/// This machine's, as far as the kernel says.
[[nodiscard]] MachineMemory LookAtMachine();

/// Whether pages can be put on all of `nodes`. FailedPrecondition: there is no such node, it has no
/// memory, or the process may not use it. `asked` is what the message begins with.
[[nodiscard]] absl::Status CheckNodes(std::string_view asked,
                                      const std::vector<std::uint32_t>& nodes,
                                      const MachineMemory& machine);

/// Whether `spec` can be had, but for the availability of a kind, which memkind alone knows. For
/// kinds and folders it also looks at the MEMKIND_ variables of `environment`, the workload's. What
/// works but not as one may think is returned as warnings, a line each.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> CheckMemory(
    const MemorySpec& spec, const MachineMemory& machine,
    const std::vector<std::string>& environment);

}  // namespace heimdallr::topology
