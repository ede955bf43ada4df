// The earliest of many, kept up to date: what a merge asks for each record.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heimdallr::trace {

/// Where the next record of a block belongs: its time, then `order` where times are equal. One
/// number of 128 bits, as the compiler then compares and chooses without branches. By default later
/// than all there are.
class MergeKey {
 public:
  MergeKey() = default;
  MergeKey(std::uint64_t time_ns, std::uint64_t order)
      : value_((static_cast<Value>(time_ns) << 64) | order) {}

  [[nodiscard]] std::uint64_t order() const { return static_cast<std::uint64_t>(value_); }
  [[nodiscard]] bool Precedes(const MergeKey& other) const { return value_ < other.value_; }

 private:
  __extension__ using Value = unsigned __int128;

  Value value_ = ~Value{0};
};

/// Keys at numbered leaves, and the least of them. Changing one takes a step for each doubling of
/// the leaves; none of these steps is a branch, as it would be guessed wrongly half of the time.
class TournamentTree {
 public:
  [[nodiscard]] std::size_t leaves() const { return leaves_; }

  /// Makes twice as many leaves; the new ones are empty.
  void Grow() {
    std::vector<MergeKey> grown(4 * leaves_);
    std::copy_n(nodes_.begin() + static_cast<std::ptrdiff_t>(leaves_), leaves_,
                grown.begin() + static_cast<std::ptrdiff_t>(2 * leaves_));
    leaves_ *= 2;
    nodes_ = std::move(grown);
    for (std::size_t leaf = 0; leaf < leaves_; leaf += 2) Set(leaf, nodes_[leaves_ + leaf]);
  }

  void Set(std::size_t leaf, MergeKey key) {
    std::size_t node = leaves_ + leaf;
    nodes_[node] = key;
    while (node > 1) {
      const MergeKey other = nodes_[node ^ 1];
      key = other.Precedes(key) ? other : key;
      node /= 2;
      nodes_[node] = key;
    }
  }

  [[nodiscard]] const MergeKey& first() const { return nodes_[1]; }

 private:
  std::size_t leaves_ = 2;
  std::vector<MergeKey> nodes_ =
      std::vector<MergeKey>(4);  // [1] is the root, [leaves_] the first leaf
};

}  // namespace heimdallr::trace
