// The memory nodes of this machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "heimdallr/trace_header.h"

namespace heimdallr::topology {

inline constexpr char kNodeFolder[] = "/sys/devices/system/node";

/// The online nodes, ascending by id. NotFound when the kernel knows no nodes (CONFIG_NUMA=n), else
/// by errno; DataLoss when a file is not as the kernel writes it. `folder` is kNodeFolder but in
/// tests.
[[nodiscard]] absl::StatusOr<std::vector<NodeInfo>> ReadMachineNodes(
    const std::string& folder = kNodeFolder);

/// Nodes whose memory this process may be given: those of its cpuset. Unimplemented or
/// PermissionDenied where get_mempolicy(2) is missing or forbidden, as in some containers.
[[nodiscard]] absl::StatusOr<std::vector<std::uint32_t>> AllowedMemoryNodes();

/// Processors that this process may run on.
[[nodiscard]] absl::StatusOr<std::vector<std::uint32_t>> AllowedCpus();

/// The node `id`; nullptr when there is none.
[[nodiscard]] const NodeInfo* FindNode(const std::vector<NodeInfo>& nodes, std::uint32_t id);

}  // namespace heimdallr::topology
