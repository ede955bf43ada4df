// On which memory nodes objects lie, and who touched them first.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::analysis {

/// Amounts by a small number such as that of a node, ascending.
template <typename Key, typename Amount>
class AmountsBy {
 public:
  void Add(Key key, Amount amount) {
    auto entry = entries_.begin();
    while (entry != entries_.end() && entry->first < key) ++entry;
    if (entry == entries_.end() || entry->first != key) entry = entries_.insert(entry, {key, 0});
    entry->second += amount;
  }
  void Merge(const AmountsBy& other) {
    for (const auto& [key, amount] : other.entries_) Add(key, amount);
  }
  [[nodiscard]] Amount sum() const {
    Amount sum = 0;
    for (const auto& entry : entries_) sum += entry.second;
    return sum;
  }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] const std::vector<std::pair<Key, Amount>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<Key, Amount>> entries_;
};

/// Of the objects of a group.
struct NodeFigures {
  /// Bytes seen on each node, summed over all looks: only shares of it mean something.
  AmountsBy<std::uint32_t, double> pages;
  // Page faults: by the node of the processor, the processor, and the thread.
  AmountsBy<std::uint32_t, std::uint64_t> touching_nodes;
  AmountsBy<std::uint32_t, std::uint64_t> touching_cpus;
  AmountsBy<std::int32_t, std::uint64_t> touching_threads;
  std::uint64_t other_touches = 0;  ///< by threads beyond those kept apart

  void AddTouch(std::int32_t tid, std::uint64_t count);
  void Merge(const NodeFigures& other);
  [[nodiscard]] bool empty() const { return pages.empty() && touching_cpus.empty(); }
};

/// Counts by group. Not thread-safe.
class NodeStatistics {
 public:
  explicit NodeStatistics(const TraceHeader& header);

  void AddPages(std::uint32_t group, std::uint32_t node, double bytes);
  void AddTouch(std::uint32_t group, const FaultRecord& fault);

  /// Empty for a group nothing is known of.
  [[nodiscard]] const NodeFigures& Of(std::uint32_t group) const;

 private:
  NodeFigures& Ensure(std::uint32_t group);

  std::vector<std::int64_t> node_of_cpu_;  // -1 = not known
  std::vector<NodeFigures> groups_;
};

}  // namespace heimdallr::analysis
