#include "analysis/ordered_observer.h"

namespace heimdallr::analysis {

void OrderedObserver::Hold(std::uint64_t number, const AccessRecord& record,
                           const AccessShare& share) {
  if (accesses_.empty()) first_ = number;
  accesses_.push_back({.record = record, .share = share});
}

void OrderedObserver::Tell(std::uint64_t number, const AccessRecord& record,
                           const AccessShare& share, const Joined& joined) {
  if (accesses_.empty()) {
    observer_.OnAccess(record, share, joined);
    return;
  }
  Access& held = accesses_[number - first_];
  held.joined = joined;
  held.decided = true;
  for (; !accesses_.empty() && accesses_.front().decided; accesses_.pop_front(), ++first_) {
    const Access& next = accesses_.front();
    observer_.OnAccess(next.record, next.share, next.joined);
    for (; !objects_.empty() && objects_.front().behind == first_; objects_.pop_front()) {
      observer_.OnObject(objects_.front().object);
    }
  }
}

void OrderedObserver::OnObject(const Object& object) {
  if (accesses_.empty()) {
    observer_.OnObject(object);
  } else {
    objects_.push_back({.behind = first_ + accesses_.size() - 1, .object = object});
  }
}

}  // namespace heimdallr::analysis
