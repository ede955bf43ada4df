#include "topology/memory_check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "topology/heap_folder.h"
#include "topology/machine_nodes.h"
#include "topology/memkind_settings.h"
#include "topology/number_list.h"

namespace heimdallr::topology {
namespace {

std::string WithMemory(const MachineMemory& machine) {
  std::vector<std::uint32_t> ids;
  for (const NodeInfo& node : machine.nodes) {
    if (node.memory_bytes != 0) ids.push_back(node.id);
  }
  return FormatNumberList(ids);
}

std::string Mebibytes(std::uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

absl::StatusOr<std::vector<std::string>> CheckFolder(const MemorySpec& spec) {
  if (spec.size_bytes != 0 && spec.size_bytes < kMinHeapBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{}: a heap has at least {}", spec.text, Mebibytes(kMinHeapBytes)));
  }
  ASSIGN_OR_RETURN(const HeapFolder folder, TryHeapFolder(spec.folder));
  if (spec.size_bytes > folder.free_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("'{}' has room for {}, not for the {} asked for", spec.folder,
                    Mebibytes(folder.free_bytes), Mebibytes(spec.size_bytes)));
  }
  std::vector<std::string> warnings;
  if (!folder.on_dax) {
    warnings.push_back(
        fmt::format("'{}' is not on a DAX file system: what is measured there is the page cache or "
                    "ordinary memory, not persistent memory",
                    spec.folder));
  }
  return warnings;
}

}  // namespace

MachineMemory LookAtMachine() {
  MachineMemory machine;
  if (auto nodes = ReadMachineNodes(); nodes.ok()) machine.nodes = *std::move(nodes);
  if (auto allowed = AllowedMemoryNodes(); allowed.ok()) {
    machine.allowed_nodes = *std::move(allowed);
  }
  return machine;
}

absl::Status CheckNodes(std::string_view asked, const std::vector<std::uint32_t>& nodes,
                        const MachineMemory& machine) {
  const auto refuse = [asked](std::string_view why) {
    return absl::FailedPreconditionError(fmt::format("{}: {}", asked, why));
  };
  if (machine.nodes.empty()) {
    return refuse(fmt::format("this kernel says nothing of memory nodes in '{}'", kNodeFolder));
  }
  const std::string with_memory = WithMemory(machine);
  for (const std::uint32_t id : nodes) {
    const NodeInfo* const node = FindNode(machine.nodes, id);
    if (node == nullptr) {
      return refuse(
          fmt::format("this machine has no node {}; it has memory on {}", id, with_memory));
    }
    if (node->memory_bytes == 0) {
      return refuse(fmt::format("node {} has no memory; there is some on {}", id, with_memory));
    }
    const std::vector<std::uint32_t>& allowed = machine.allowed_nodes;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), id) == allowed.end()) {
      return refuse(
          fmt::format("this process may not use the memory of node {} (its cpuset has {})", id,
                      FormatNumberList(allowed)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> CheckMemory(const MemorySpec& spec,
                                                     const MachineMemory& machine,
                                                     const std::vector<std::string>& environment) {
  if (!spec.nodes.empty()) RETURN_IF_ERROR(CheckNodes(spec.text, spec.nodes, machine));
  if (spec.kind.empty() && spec.folder.empty()) return std::vector<std::string>();
  RETURN_IF_ERROR(
      CheckMemkindSettings(environment, spec.kind, machine.nodes, machine.allowed_nodes));
  if (spec.folder.empty()) return std::vector<std::string>();
  return CheckFolder(spec);
}

}  // namespace heimdallr::topology
