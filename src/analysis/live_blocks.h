// The heap blocks one process can free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

namespace heimdallr::analysis {

struct LiveBlock {
  std::uint64_t size = 0;   ///< bytes asked for
  std::uint32_t site = 0;   ///< index into the sites of `owner`
  std::uint32_t owner = 0;  ///< number of the image that allocated it

  friend bool operator==(const LiveBlock&, const LiveBlock&) = default;
};

/// Blocks by address, made to be inherited. A fork costs what changed since the last one, not what
/// is live: the blocks so far become a layer that parent and child share and neither changes, and
/// each goes on in a map of its own, where a freed block of a layer is marked as gone. Layers grow
/// by a factor of at least four from one to the next, so there are at most about ten of them.
class LiveBlocks {
 public:
  /// Adds a block. Returns the one that was there, if its free was never seen.
  std::optional<LiveBlock> Insert(std::uint64_t address, const LiveBlock& block);

  std::optional<LiveBlock> Remove(std::uint64_t address);

  /// The blocks a child of this process starts with.
  [[nodiscard]] LiveBlocks Fork();

 private:
  using Map = absl::flat_hash_map<std::uint64_t, LiveBlock>;

  [[nodiscard]] std::optional<LiveBlock> FindInLayers(std::uint64_t address) const;
  void MergeLayers();

  Map own_;
  std::vector<std::shared_ptr<const Map>> layers_;  // oldest and largest first
};

}  // namespace heimdallr::analysis
