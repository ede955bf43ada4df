// Puts records of several rings into order of time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace heimdallr::perf {

/// Collects items that come ordered badly, gives them out by time.
///
/// Rings of different CPUs are drained one after another, so an item is held back until nothing
/// earlier can come: take the time before draining all rings, then pop up to the time taken in the
/// round before. Items of equal time keep the order they were pushed in. Not thread-safe.
template <typename T>
class MergeQueue {
 public:
  void Push(std::uint64_t time_ns, T item) {
    if (time_ns < popped_until_ns_) ++late_;
    keys_.push_back({time_ns, items_.size()});
    items_.push_back(std::move(item));
  }

  /// Calls `sink(T&&)` for each item with a time of at most `time_ns`, in order.
  template <typename Sink>
  void PopUntil(std::uint64_t time_ns, Sink&& sink) {
    popped_until_ns_ = std::max(popped_until_ns_, time_ns);
    std::sort(keys_.begin(), keys_.end());
    const auto end =
        std::upper_bound(keys_.begin(), keys_.end(), time_ns,
                         [](std::uint64_t limit, const Key& key) { return limit < key.time_ns; });
    for (auto key = keys_.begin(); key != end; ++key) sink(std::move(items_[key->index]));
    KeepFrom(static_cast<std::size_t>(end - keys_.begin()));
  }

  [[nodiscard]] std::size_t size() const { return items_.size(); }
  /// Items that were pushed after later ones had been given out.
  [[nodiscard]] std::uint64_t late() const { return late_; }

 private:
  /// `index` is the place among the items, hence also the order of arrival.
  struct Key {
    std::uint64_t time_ns;
    std::size_t index;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  void KeepFrom(std::size_t first) {
    if (first == 0) return;
    std::vector<T> kept;
    kept.reserve(keys_.size() - first);
    for (std::size_t i = first; i < keys_.size(); ++i) {
      kept.push_back(std::move(items_[keys_[i].index]));
      keys_[i - first] = {keys_[i].time_ns, i - first};
    }
    keys_.resize(keys_.size() - first);
    items_ = std::move(kept);
  }

  std::vector<Key> keys_;
  std::vector<T> items_;
  std::uint64_t popped_until_ns_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace heimdallr::perf
