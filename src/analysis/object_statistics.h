// Which object each access belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
#include "analysis/access_quantities.h"
#include "analysis/node_statistics.h"
#include "analysis/object_map.h"
#include "analysis/object_table.h"
#include "analysis/ordered_observer.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// "heap", "mapping": for machines.
[[nodiscard]] std::string_view Name(ObjectType type);
/// "between_blocks": for machines.
[[nodiscard]] std::string_view Name(Unmatched reason);

/// Joins accesses and page faults with the objects alive at their time, in order of time. Not
/// thread-safe.
///
/// An allocation is stamped when its call has returned: what the call itself writes, such as the
/// zeros of calloc, comes before it. So accesses between blocks wait, a few a thread, for the next
/// allocation of their thread, but not for longer than some ten thousand accesses of all threads.
class ObjectStatistics {
 public:
  /// `observer` may be nullptr; it outlives this object.
  ObjectStatistics(const TraceHeader& header, const Symbols& symbols, ObjectMap::StackLookup stack,
                   std::size_t kept = ObjectTable::kKept, AccessObserver* observer = nullptr)
      : page_size_(header.page_size_bytes),
        observer_(observer),
        ordered_(observer != nullptr ? std::make_unique<OrderedObserver>(*observer) : nullptr),
        table_(kept, ordered_.get()),
        map_(symbols, std::move(stack), header.page_size_bytes, table_),
        nodes_(header) {}

  /// `instruction` is passed on to the observer.
  void Add(const AccessRecord& record, const AccessShare& share, std::uint32_t instruction = 0);
  void Add(const FaultRecord& record, std::uint32_t instruction = 0);
  void Add(const AllocationRecord& record);
  void Add(const MappingRecord& record) { map_.Add(record); }
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);
  void Add(const PlacementRecord& record);
  /// No more records follow. Tells the observer of all objects that are left.
  void Finish();

  [[nodiscard]] const ObjectTable& table() const { return table_; }
  [[nodiscard]] const ObjectMap& map() const { return map_; }
  /// By group of the table.
  [[nodiscard]] const NodeStatistics& nodes() const { return nodes_; }
  [[nodiscard]] const AccessQuantities& unmatched(Unmatched reason) const {
    return unmatched_[static_cast<std::size_t>(reason)];
  }

 private:
  struct Waiting {
    AccessRecord record;
    AccessShare share;
    FoundObject found;              // if no allocation claims it
    std::uint64_t number = 0;       // among all accesses
    std::uint32_t instruction = 0;  // for the observer
  };

  void Count(const Waiting& access);
  void Settle(std::vector<Waiting>& waiting);
  void SettleThread(std::int32_t tid);
  void SettleAll();
  void SettleOld();
  [[nodiscard]] Joined JoinedWith(const FoundObject& found, std::uint32_t instruction);

  std::uint64_t page_size_;
  AccessObserver* observer_;                  // may be nullptr
  std::unique_ptr<OrderedObserver> ordered_;  // in front of it; before table_, which refers to it
  ObjectTable table_;                         // before map_, which refers to it
  ObjectMap map_;
  NodeStatistics nodes_;
  std::array<AccessQuantities, kUnmatchedReasons> unmatched_;
  absl::flat_hash_map<std::int32_t, std::vector<Waiting>> waiting_;  // by thread id
  std::uint64_t accesses_ = 0;
};

}  // namespace heimdallr::analysis
