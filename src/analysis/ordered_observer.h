// Telling an observer of accesses in the order of the records, though some are decided late.
#pragma once

#include <cstdint>
#include <deque>

#include "analysis/access_observer.h"
#include "analysis/object_table.h"

namespace heimdallr::analysis {

/// Holds back accesses behind one that is not decided yet, and objects behind the accesses that
/// came before them. Not thread-safe.
class OrderedObserver : public ObjectObserver {
 public:
  /// `observer` outlives this object.
  explicit OrderedObserver(AccessObserver& observer) : observer_(observer) {}

  /// Whether anything is held back: then accesses that follow must be held too.
  [[nodiscard]] bool holds() const { return !accesses_.empty(); }
  /// An access that is decided later, or comes behind one that is. While anything is held, `number`
  /// is one more than that of the access before.
  void Hold(std::uint64_t number, const AccessRecord& record, const AccessShare& share);
  /// What an access was joined with: one that is held, in any order, or if nothing is, any.
  void Tell(std::uint64_t number, const AccessRecord& record, const AccessShare& share,
            const Joined& joined);

  void OnObject(const Object& object) override;
  void OnQuietObject(const Object& object) override { observer_.OnQuietObject(object); }

 private:
  struct Access {
    AccessRecord record;
    AccessShare share;
    Joined joined;
    bool decided = false;
  };
  struct Ended {
    std::uint64_t behind = 0;  // the number of an access
    Object object;
  };

  AccessObserver& observer_;
  std::deque<Access> accesses_;  // of the numbers first_ and following
  std::uint64_t first_ = 1;
  std::deque<Ended> objects_;
};

}  // namespace heimdallr::analysis
