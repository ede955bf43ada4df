// The objects that were accessed, and the groups they belong to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
#include "analysis/access_quantities.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

enum class ObjectType : std::uint8_t {
  kHeap = 0,       ///< a block of malloc and its kin
  kMapping = 1,    ///< memory the program itself asked the kernel for
  kFile = 2,       ///< a mapped file: data, code, what is not named in it
  kGlobal = 3,     ///< a variable or constant of a module
  kSection = 4,    ///< a module's data between its variables
  kStack = 5,      ///< of a thread, with its thread-local data
  kVdso = 6,       ///< the kernel's pages in every process
  kAllocator = 7,  ///< the allocator's own data between the blocks
  kAnonymous = 8,  ///< other memory without a file
};
inline constexpr std::size_t kObjectTypes = static_cast<std::size_t>(ObjectType::kAnonymous) + 1;

/// What the objects of one group have in common: for heap blocks and mappings the site.
struct GroupKey {
  ObjectType type = ObjectType::kHeap;
  AllocationCall call = AllocationCall::kUnknown;
  /// kHeap, kMapping: call chain. kFile, kVdso, kAnonymous: name. kGlobal, kSection: module of
  /// data. kStack: 0 = first thread's, 1 = others'.
  std::uint32_t place = 0;
  std::uint32_t part =
      0;  ///< kGlobal, kSection: symbol. kFile: 1 + call chain if the program's own

  friend bool operator==(const GroupKey&, const GroupKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const GroupKey& key) {
    return H::combine(std::move(h), key.type, key.call, key.place, key.part);
  }
};

/// Totals of a group. Objects without accesses are counted here alone.
struct ObjectGroup {
  GroupKey key;
  std::uint64_t count = 0;  ///< objects in all
  std::uint64_t bytes = 0;  ///< their sizes in all
  std::uint64_t live = 0;   ///< objects not ended yet
  // Sums of time: of the ended ones their lifetimes, of the others when they began.
  double lifetime_ns = 0;
  double live_start_ns = 0;
  // Accessed objects no longer kept one by one.
  AccessQuantities folded;
  std::uint64_t folded_count = 0;
  std::uint64_t folded_bytes = 0;

  [[nodiscard]] double MeanLifetimeNs(std::uint64_t end_ns) const;
};

/// From 1; 0 = none.
using ObjectId = std::uint32_t;

struct Object {
  std::uint64_t number = 0;  ///< from 1 in the order of first accesses; never used again
  std::uint32_t group = 0;
  std::int32_t pid = 0;
  std::int32_t tid = 0;  ///< of a thread's stack
  bool ended = false;
  bool counted_apart = true;  ///< its group knows it by Begin and End, not by Keep and Release
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;  ///< when ended
  AccessQuantities quantities;
};

/// Memory is bounded by the groups, the live objects and `kept` ended ones: of more, those with the
/// fewest accesses are merged into their group. Not thread-safe.
class ObjectTable {
 public:
  static constexpr std::size_t kKept = 100'000;

  /// `observer` is told of each object that is merged into its group; it outlives the table.
  explicit ObjectTable(std::size_t kept = kKept, ObjectObserver* observer = nullptr)
      : kept_(kept), observer_(observer), objects_(1) {}

  std::uint32_t GroupOf(const GroupKey& key);
  /// An object of the group begins, or ends after it began at `start_ns`.
  void Begin(std::uint32_t group, std::uint64_t bytes, std::uint64_t time_ns);
  void End(std::uint32_t group, std::uint64_t start_ns, std::uint64_t time_ns);

  /// A block or mapping that was never accessed: only passed on to the observer.
  void PassOn(const Object& quiet) const {
    if (observer_ != nullptr) observer_->OnQuietObject(quiet);
  }
  [[nodiscard]] bool observed() const { return observer_ != nullptr; }

  /// An object that is accessed for the first time.
  ObjectId Keep(Object object);
  /// No further access to it.
  void Release(ObjectId id, std::uint64_t time_ns);

  void Resize(ObjectId id, std::uint64_t address, std::uint64_t size);

  [[nodiscard]] Object& operator[](ObjectId id) { return objects_[id]; }
  [[nodiscard]] const std::vector<ObjectGroup>& groups() const { return groups_; }

  /// Calls `visit(object)` for each object that is kept.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (ObjectId id = 1; id < objects_.size(); ++id) {
      if (in_use_[id]) visit(objects_[id]);
    }
  }

 private:
  void Fold();

  std::size_t kept_;
  ObjectObserver* observer_;  // may be nullptr
  std::uint64_t last_number_ = 0;
  std::vector<ObjectGroup> groups_;
  absl::flat_hash_map<GroupKey, std::uint32_t> group_ids_;
  std::vector<Object> objects_;
  std::vector<bool> in_use_ = std::vector<bool>(1);
  std::vector<ObjectId> free_;
  std::vector<ObjectId> ended_;
};

}  // namespace heimdallr::analysis
