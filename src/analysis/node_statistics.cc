#include "analysis/node_statistics.h"

namespace heimdallr::analysis {
namespace {

// Threads counted one by one for a group.
constexpr std::size_t kMostThreads = 64;
// Numbers beyond are taken for damage: Linux has 8192 processors at most (NR_CPUS).
constexpr std::uint32_t kMostCpus = 1 << 16;
constexpr std::uint32_t kMostNodes = 1 << 10;  // MAX_NUMNODES

}  // namespace

void NodeFigures::AddTouch(std::int32_t tid, std::uint64_t count) {
  for (const auto& [known, unused] : touching_threads.entries()) {
    if (known == tid) return touching_threads.Add(tid, count);
  }
  if (touching_threads.entries().size() < kMostThreads) {
    touching_threads.Add(tid, count);
  } else {
    other_touches += count;
  }
}

void NodeFigures::Merge(const NodeFigures& other) {
  pages.Merge(other.pages);
  touching_nodes.Merge(other.touching_nodes);
  touching_cpus.Merge(other.touching_cpus);
  for (const auto& [tid, count] : other.touching_threads.entries()) AddTouch(tid, count);
  other_touches += other.other_touches;
}

NodeStatistics::NodeStatistics(const TraceHeader& header) {
  for (const NodeInfo& node : header.nodes) {
    for (const std::uint32_t cpu : node.cpus) {
      if (cpu >= kMostCpus) continue;
      if (cpu >= node_of_cpu_.size()) node_of_cpu_.resize(cpu + 1, -1);
      node_of_cpu_[cpu] = node.id;
    }
  }
}

NodeFigures& NodeStatistics::Ensure(std::uint32_t group) {
  if (group >= groups_.size()) groups_.resize(group + 1);
  return groups_[group];
}

void NodeStatistics::AddPages(std::uint32_t group, std::uint32_t node, double bytes) {
  if (node < kMostNodes) Ensure(group).pages.Add(node, bytes);
}

void NodeStatistics::AddTouch(std::uint32_t group, const FaultRecord& fault) {
  if (fault.cpu >= kMostCpus) return;
  NodeFigures& figures = Ensure(group);
  figures.touching_cpus.Add(fault.cpu, 1);
  figures.AddTouch(fault.tid, 1);
  const std::int64_t node = fault.cpu < node_of_cpu_.size() ? node_of_cpu_[fault.cpu] : -1;
  if (node >= 0) figures.touching_nodes.Add(static_cast<std::uint32_t>(node), 1);
}

const NodeFigures& NodeStatistics::Of(std::uint32_t group) const {
  static const NodeFigures kNone;
  return group < groups_.size() ? groups_[group] : kNone;
}

}  // namespace heimdallr::analysis
