#include "analysis/object_table.h"

#include <algorithm>

namespace heimdallr::analysis {

double ObjectGroup::MeanLifetimeNs(std::uint64_t end_ns) const {
  if (count == 0) return 0;
  const double living = static_cast<double>(live) * static_cast<double>(end_ns) - live_start_ns;
  return std::max(0.0, lifetime_ns + living) / static_cast<double>(count);
}

std::uint32_t ObjectTable::GroupOf(const GroupKey& key) {
  const auto [entry, is_new] =
      group_ids_.try_emplace(key, static_cast<std::uint32_t>(groups_.size()));
  if (is_new) groups_.push_back({.key = key});
  return entry->second;
}

void ObjectTable::Begin(std::uint32_t group, std::uint64_t bytes, std::uint64_t time_ns) {
  ObjectGroup& g = groups_[group];
  ++g.count;
  ++g.live;
  g.bytes += bytes;
  g.live_start_ns += static_cast<double>(time_ns);
}

void ObjectTable::End(std::uint32_t group, std::uint64_t start_ns, std::uint64_t time_ns) {
  ObjectGroup& g = groups_[group];
  --g.live;
  g.live_start_ns -= static_cast<double>(start_ns);
  g.lifetime_ns += static_cast<double>(time_ns) - static_cast<double>(start_ns);
}

ObjectId ObjectTable::Keep(Object object) {
  object.number = ++last_number_;
  if (!object.counted_apart) Begin(object.group, object.size, object.start_ns);
  if (free_.empty()) {
    objects_.push_back(std::move(object));
    in_use_.push_back(true);
    return static_cast<ObjectId>(objects_.size() - 1);
  }
  const ObjectId id = free_.back();
  free_.pop_back();
  objects_[id] = std::move(object);
  in_use_[id] = true;
  return id;
}

void ObjectTable::Resize(ObjectId id, std::uint64_t address, std::uint64_t size) {
  Object& object = objects_[id];
  if (!object.counted_apart) groups_[object.group].bytes += size - object.size;
  object.address = address;
  object.size = size;
}

void ObjectTable::Release(ObjectId id, std::uint64_t time_ns) {
  Object& object = objects_[id];
  object.ended = true;
  object.end_ns = time_ns;
  if (!object.counted_apart) End(object.group, object.start_ns, time_ns);
  ended_.push_back(id);
  // Twice as many before some are merged: the cost of choosing is then shared by many.
  if (ended_.size() >= 2 * kept_ + 1) Fold();
}

void ObjectTable::Fold() {
  const auto first_folded = ended_.begin() + static_cast<std::ptrdiff_t>(kept_);
  std::nth_element(ended_.begin(), first_folded, ended_.end(), [this](ObjectId a, ObjectId b) {
    return objects_[a].quantities.estimated() > objects_[b].quantities.estimated();
  });
  for (auto id = first_folded; id != ended_.end(); ++id) {
    Object& object = objects_[*id];
    if (observer_ != nullptr) observer_->OnObject(object);
    ObjectGroup& group = groups_[object.group];
    group.folded.Merge(object.quantities);
    ++group.folded_count;
    group.folded_bytes += object.size;
    object = {};
    in_use_[*id] = false;
    free_.push_back(*id);
  }
  ended_.erase(first_folded, ended_.end());
}

}  // namespace heimdallr::analysis
