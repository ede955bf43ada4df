// The heap blocks of one process, in order of their addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_set.h>

namespace heimdallr::analysis {

struct HeapBlock {
  std::uint64_t size = 0;      ///< bytes asked for
  std::uint64_t start_ns = 0;  ///< when it was allocated
  std::uint32_t group = 0;     ///< its site, in ObjectTable
  std::uint32_t owner = 0;     ///< number of the image that allocated it
  std::uint32_t object = 0;    ///< in ObjectTable, 0 = not accessed by `user`
  std::uint32_t user = 0;      ///< number of the image that accessed it as `object`

  friend bool operator==(const HeapBlock&, const HeapBlock&) = default;
};

struct PlacedBlock {
  std::uint64_t address = 0;
  HeapBlock block;
};

/// Finds the block around an address. Made to be inherited like LiveBlocks: a fork turns what has
/// changed since the last one into a layer that parent and child share and neither changes.
class BlockMap {
 public:
  /// Adds a block. Those it overlaps are gone, as their free was not seen; they are returned.
  std::vector<PlacedBlock> Insert(std::uint64_t address, const HeapBlock& block);

  std::optional<HeapBlock> Remove(std::uint64_t address);

  /// The block with the highest start at or below `address`. It need not reach up to it.
  [[nodiscard]] std::optional<PlacedBlock> FindAtOrBelow(std::uint64_t address) const;

  /// Whether a block begins in [start, end).
  [[nodiscard]] bool AnyIn(std::uint64_t start, std::uint64_t end) const;

  /// Replaces what is known of the block at `address`, for this process alone.
  void Update(std::uint64_t address, const HeapBlock& block);

  /// The blocks a child of this process starts with.
  [[nodiscard]] BlockMap Fork();

  /// Calls `visit(address, block)` for every block.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& [address, block] : own_.blocks) visit(address, block);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      for (const auto& [address, block] : layers_[i]->blocks) {
        if (!IsGone(address, i + 1)) visit(address, block);
      }
    }
  }

 private:
  using Map = absl::btree_map<std::uint64_t, HeapBlock>;
  // `gone`: addresses at which blocks of older layers have been freed or replaced.
  struct Layer {
    Map blocks;
    absl::flat_hash_set<std::uint64_t> gone;

    [[nodiscard]] std::size_t size() const { return blocks.size() + gone.size(); }
  };

  // Whether a block of a layer older than `from` is gone by what is in `from` and above.
  [[nodiscard]] bool IsGone(std::uint64_t address, std::size_t from) const;
  [[nodiscard]] const HeapBlock* FindInLayers(std::uint64_t address) const;
  [[nodiscard]] std::optional<PlacedBlock> BelowInLayers(std::uint64_t address) const;
  void TakeOutOverlapping(std::uint64_t start, std::uint64_t end, std::vector<PlacedBlock>& out);
  void MergeLayers();

  Layer own_;
  std::vector<std::shared_ptr<const Layer>> layers_;  // oldest and largest first
};

}  // namespace heimdallr::analysis
