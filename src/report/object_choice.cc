#include "report/object_choice.h"

#include <algorithm>
#include <tuple>

namespace heimdallr::report {
namespace {

bool MoreRecords(const ShownObject& a, const ShownObject& b) {
  return std::tuple(b.records, a.number) < std::tuple(a.records, b.number);
}

// The rest makes the order the same whatever the order in which they were found.
bool Larger(const ShownObject& a, const ShownObject& b) {
  return std::tuple(b.size, a.start_ns, a.process, a.address) <
         std::tuple(a.size, b.start_ns, b.process, b.address);
}

template <typename Before>
void Keep(std::vector<ShownObject>& objects, std::size_t most, Before before) {
  if (objects.size() <= most) return;
  const auto end = objects.begin() + static_cast<std::ptrdiff_t>(most);
  std::nth_element(objects.begin(), end, objects.end(), before);
  objects.erase(end, objects.end());
}

}  // namespace

void ObjectChoice::Add(const ShownObject& object) {
  accessed_.push_back(object);
  if (accessed_.size() >= 2 * most_accessed_ + 1) Keep(accessed_, most_accessed_, MoreRecords);
}

void ObjectChoice::AddQuiet(const ShownObject& object) {
  if (object.size < least_quiet_bytes_) return;
  quiet_.push_back(object);
  if (quiet_.size() < 2 * most_quiet_ + 1) return;
  Keep(quiet_, most_quiet_, Larger);
  for (least_quiet_bytes_ = ~std::uint64_t{0}; const ShownObject& kept : quiet_) {
    least_quiet_bytes_ = std::min(least_quiet_bytes_, kept.size);
  }
}

std::vector<ShownObject> ObjectChoice::Take() && {
  Keep(accessed_, most_accessed_, MoreRecords);
  Keep(quiet_, most_quiet_, Larger);
  std::sort(accessed_.begin(), accessed_.end(), MoreRecords);
  std::sort(quiet_.begin(), quiet_.end(), Larger);
  accessed_.insert(accessed_.end(), quiet_.begin(), quiet_.end());
  return std::move(accessed_);
}

}  // namespace heimdallr::report
