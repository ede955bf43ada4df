#include "recorder/placement.h"

#include <linux/mempolicy.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "channel/memory_kinds.h"
#include "recorder/interposition.h"
#include "topology/machine_nodes.h"
#include "topology/number_list.h"

namespace heimdallr::recorder {
namespace {

using topology::FormatNumberList;
using topology::MemoryPolicy;
using topology::MemorySpec;

int ModeOf(MemoryPolicy policy) {
  switch (policy) {
    case MemoryPolicy::kDefault:
      return MPOL_DEFAULT;
    case MemoryPolicy::kBind:
      return MPOL_BIND;
    case MemoryPolicy::kPreferred:
      return MPOL_PREFERRED;
    case MemoryPolicy::kInterleave:
      return MPOL_INTERLEAVE;
  }
  return MPOL_DEFAULT;
}

bool HasHeap(const MemorySpec& spec) { return !spec.kind.empty() || !spec.folder.empty(); }

absl::Status CheckKindName(const std::string& kind) {
  const auto* const end = std::end(channel::kMemoryKindNames);
  if (std::find(std::begin(channel::kMemoryKindNames), end, kind) != end) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("kind:{}: there is no such kind; there are {}",
                                                kind, fmt::join(channel::kMemoryKindNames, ", ")));
}

std::string AdviceFor(const std::string& kind) {
  std::string advice;
  if (kind.starts_with("hbw")) advice = "MEMKIND_HBW_NODES=N names nodes to take as such";
  if (kind.starts_with("dax-kmem")) {
    advice = "MEMKIND_DAX_KMEM_NODES=N names nodes to take as such";
  }
  if (kind.ends_with("hugetlb")) {
    advice += fmt::format("{}reserve huge pages by 'sysctl vm.nr_hugepages=N'",
                          advice.empty() ? "" : "; ");
  }
  return advice;
}

absl::StatusOr<AskedHeap> PlanHeap(const PlacementOptions& options) {
  const MemorySpec& spec = options.memory;
  std::string source = fmt::format("kind={}", spec.kind);
  if (!spec.folder.empty()) {
    // Programs change their folder.
    std::error_code error;
    const auto folder = std::filesystem::absolute(spec.folder, error);
    if (error) return base::SyscallError(error.value(), "cannot tell the current folder");
    source = fmt::format("pmem={}", folder.string());
  }
  const auto setting = [&](int fallback) {
    return fmt::format("fork={};fallback={};size={};{}",
                       options.forked_heap == ForkedHeap::kRefuse ? "refuse" : "private", fallback,
                       spec.size_bytes, source);
  };
  const bool fallback = options.no_room == NoRoom::kDefaultMemory;
  return AskedHeap{.name = spec.text,
                   .setting = setting(fallback ? 1 : 0),
                   .strict_setting = setting(0),
                   .advice = AdviceFor(spec.kind)};
}

// Memory 0 has a policy's name, if there is one.
std::vector<MemoryInfo> Memories(const WorkloadPlacement& placement, std::string policy_name,
                                 NoRoom no_room) {
  const bool policy = placement.launch.memory_mode != MPOL_DEFAULT;
  if (!policy && !placement.heap) return {};
  const std::vector<std::uint32_t>& nodes = placement.launch.memory_nodes;
  std::vector<MemoryInfo> memories = {
      {.id = 0, .name = policy ? std::move(policy_name) : "default", .nodes = nodes}};
  if (placement.heap) memories.push_back({.id = 1, .name = placement.heap->name});
  if (placement.heap && no_room == NoRoom::kDefaultMemory) {
    memories.push_back({.id = 2, .name = "fallback", .nodes = nodes});
  }
  return memories;
}

absl::Status PlanMemory(const PlacementOptions& options, const Surroundings& surroundings,
                        std::vector<std::string>& warnings, WorkloadPlacement& placement) {
  const MemorySpec& spec = options.memory;
  const bool heap = HasHeap(spec);
  if (options.no_room == NoRoom::kDefaultMemory && !heap) {
    return absl::InvalidArgumentError(
        "--memory-fallback is for kind: and pmem:; of nodes, preferred:N falls back by itself");
  }
  if (options.forked_heap == ForkedHeap::kRefuse && spec.folder.empty()) {
    return absl::InvalidArgumentError(
        "--memory-fork=refuse is for pmem:; all other memory is copied when it is written to, as "
        "without heimdallr");
  }
  if (options.mem_node && !spec.nodes.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("--mem-node {} and --memory {} exclude each other: both say on which nodes "
                    "memory lies",
                    *options.mem_node, spec.text));
  }
  if (!spec.kind.empty()) RETURN_IF_ERROR(CheckKindName(spec.kind));
  auto checked = topology::CheckMemory(spec, surroundings.machine, surroundings.environment);
  if (checked.ok()) {
    std::move(checked->begin(), checked->end(), std::back_inserter(warnings));
  } else if (checked.status().code() == absl::StatusCode::kResourceExhausted &&
             options.no_room == NoRoom::kDefaultMemory) {
    warnings.emplace_back(base::Message(checked.status()));
  } else {
    return WithSource(checked.status(), options);
  }
  if (heap) {
    ASSIGN_OR_RETURN(placement.heap, PlanHeap(options));
  }
  std::string policy_name = spec.text;
  placement.launch.memory_mode = ModeOf(spec.policy);
  placement.launch.memory_nodes = spec.nodes;
  if (options.mem_node) {
    policy_name = fmt::format("node:{}", *options.mem_node);
    placement.launch.memory_mode = MPOL_BIND;
    placement.launch.memory_nodes = {*options.mem_node};
    RETURN_IF_ERROR(topology::CheckNodes(fmt::format("--mem-node {}", *options.mem_node),
                                         placement.launch.memory_nodes, surroundings.machine));
  }
  placement.memories = Memories(placement, std::move(policy_name), options.no_room);
  return absl::OkStatus();
}

std::vector<std::uint32_t> Common(const std::vector<std::uint32_t>& a,
                                  const std::vector<std::uint32_t>& b) {
  std::vector<std::uint32_t> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common;
}

absl::StatusOr<std::vector<std::uint32_t>> CpusOfNode(std::uint32_t id,
                                                      const Surroundings& surroundings) {
  const NodeInfo* const node = topology::FindNode(surroundings.machine.nodes, id);
  if (node == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("--cpu-node {}: this machine has no node {}", id, id));
  }
  if (node->cpus.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("--cpu-node {}: this node has memory alone, no processors", id));
  }
  std::vector<std::uint32_t> cpus = Common(node->cpus, surroundings.allowed_cpus);
  if (cpus.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("--cpu-node {}: this process may run on no processor of the node ({}), only on "
                    "{}",
                    id, FormatNumberList(node->cpus), FormatNumberList(surroundings.allowed_cpus)));
  }
  return cpus;
}

absl::Status PlanCpus(const PlacementOptions& options, const Surroundings& surroundings,
                      WorkloadPlacement& placement) {
  const std::vector<std::uint32_t>& allowed = surroundings.allowed_cpus;
  if (options.cpu_node) {
    ASSIGN_OR_RETURN(placement.launch.cpus, CpusOfNode(*options.cpu_node, surroundings));
  }
  if (!options.recorder_cpus.empty()) {
    if (Common(options.recorder_cpus, allowed) != options.recorder_cpus) {
      return absl::FailedPreconditionError(
          fmt::format("--recorder-cpus {}: this process may run on {} alone",
                      FormatNumberList(options.recorder_cpus), FormatNumberList(allowed)));
    }
    placement.recorder_cpus = options.recorder_cpus;
  } else if (options.cpu_node) {
    // None may be left: then it shares them.
    std::set_difference(allowed.begin(), allowed.end(), placement.launch.cpus.begin(),
                        placement.launch.cpus.end(), std::back_inserter(placement.recorder_cpus));
  }
  // Else the workload would inherit those of the recorder.
  if (!placement.recorder_cpus.empty() && placement.launch.cpus.empty()) {
    placement.launch.cpus = allowed;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WithSource(absl::Status status, const PlacementOptions& options) {
  if (status.ok() || options.memory_from.empty()) return status;
  return {status.code(),
          fmt::format("{} ({} asks for this memory)", base::Message(status), options.memory_from)};
}

absl::StatusOr<Surroundings> LookAround() {
  Surroundings surroundings{.machine = topology::LookAtMachine(),
                            .environment = CurrentEnvironment()};
  ASSIGN_OR_RETURN(surroundings.allowed_cpus, topology::AllowedCpus());
  return surroundings;
}

absl::StatusOr<WorkloadPlacement> PlanPlacement(const PlacementOptions& options,
                                                const Surroundings& surroundings,
                                                std::vector<std::string>& warnings) {
  WorkloadPlacement placement{.nodes = surroundings.machine.nodes};
  RETURN_IF_ERROR(PlanMemory(options, surroundings, warnings, placement));
  RETURN_IF_ERROR(PlanCpus(options, surroundings, placement));
  return placement;
}

}  // namespace heimdallr::recorder
