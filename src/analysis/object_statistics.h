// Which object each access belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_quantities.h"
#include "analysis/object_map.h"
#include "analysis/object_table.h"
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
/// allocation of their thread.
class ObjectStatistics {
 public:
  ObjectStatistics(const Symbols& symbols, ObjectMap::StackLookup stack,
                   std::uint32_t page_size_bytes, std::size_t kept = ObjectTable::kKept)
      : table_(kept), map_(symbols, std::move(stack), page_size_bytes, table_) {}

  void Add(const AccessRecord& record, const AccessShare& share);
  void Add(const FaultRecord& record);
  void Add(const AllocationRecord& record);
  void Add(const MappingRecord& record) { map_.Add(record); }
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);
  /// No more records follow.
  void Finish();

  [[nodiscard]] const ObjectTable& table() const { return table_; }
  [[nodiscard]] const ObjectMap& map() const { return map_; }
  [[nodiscard]] const AccessQuantities& unmatched(Unmatched reason) const {
    return unmatched_[static_cast<std::size_t>(reason)];
  }

 private:
  struct Waiting {
    AccessRecord record;
    AccessShare share;
    FoundObject found;  // if no allocation claims it
  };

  void Count(const Waiting& access);
  void Settle(std::vector<Waiting>& waiting);
  void SettleThread(std::int32_t tid);

  ObjectTable table_;  // before map_, which refers to it
  ObjectMap map_;
  std::array<AccessQuantities, kUnmatchedReasons> unmatched_;
  absl::flat_hash_map<std::int32_t, std::vector<Waiting>> waiting_;  // by thread id
};

}  // namespace heimdallr::analysis
