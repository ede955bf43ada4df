// Which object each access belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
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
/// allocation of their thread, but not for longer than some ten thousand accesses of all threads.
class ObjectStatistics {
 public:
  /// `observer` may be nullptr; it outlives this object.
  ObjectStatistics(const Symbols& symbols, ObjectMap::StackLookup stack,
                   std::uint32_t page_size_bytes, std::size_t kept = ObjectTable::kKept,
                   AccessObserver* observer = nullptr)
      : table_(kept, observer),
        map_(symbols, std::move(stack), page_size_bytes, table_),
        observer_(observer) {}

  /// `instruction` is passed on to the observer.
  void Add(const AccessRecord& record, const AccessShare& share, std::uint32_t instruction = 0);
  void Add(const FaultRecord& record, std::uint32_t instruction = 0);
  void Add(const AllocationRecord& record);
  void Add(const MappingRecord& record) { map_.Add(record); }
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);
  /// No more records follow. Tells the observer of all objects that are left.
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
    FoundObject found;              // if no allocation claims it
    std::uint64_t number = 0;       // among all accesses
    std::uint32_t instruction = 0;  // for the observer
  };
  // An access the observer has not been told of, as one before it waits.
  struct Delayed {
    AccessRecord record;
    AccessShare share;
    Joined joined;
    bool settled = false;
  };

  void Count(const Waiting& access);
  void Tell(const Waiting& access);
  void Settle(std::vector<Waiting>& waiting);
  void SettleThread(std::int32_t tid);
  void SettleAll();
  void SettleOld();
  [[nodiscard]] Joined JoinedWith(const FoundObject& found, std::uint32_t instruction);

  ObjectTable table_;  // before map_, which refers to it
  ObjectMap map_;
  AccessObserver* observer_;  // may be nullptr
  std::array<AccessQuantities, kUnmatchedReasons> unmatched_;
  absl::flat_hash_map<std::int32_t, std::vector<Waiting>> waiting_;  // by thread id
  std::uint64_t accesses_ = 0;
  std::deque<Delayed> delayed_;  // accesses first_delayed_ and following
  std::uint64_t first_delayed_ = 1;
};

}  // namespace heimdallr::analysis
