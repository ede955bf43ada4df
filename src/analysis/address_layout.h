// What lies where in an address space, apart from the blocks of the heap.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/object_table.h"
#include "analysis/range_map.h"

namespace heimdallr::analysis {

/// Numbers a region for the whole trace, from 1.
using RegionId = std::uint32_t;

/// A part of an address space that is one object. It may be mapped in several pieces.
struct Region {
  ObjectType type = ObjectType::kAnonymous;
  std::uint32_t group = 0;  ///< in ObjectTable
  /// Number of the image that asked for it by a call of its own; 0 = known from elsewhere.
  std::uint32_t owner = 0;
  std::int32_t tid = 0;  ///< of a thread's stack
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t mapped = 0;  ///< bytes of it there are now, in the layer it belongs to
};

struct EndedRegion {
  RegionId id = 0;
  Region region;
};

/// Where a module lies.
struct ModulePlacement {
  std::uint32_t module = 0;  ///< of data, in ObjectMap
  std::uint32_t name = 0;    ///< its path, in ObjectMap
  std::uint64_t base = 0;
  std::uint64_t end = 0;
  std::uint64_t start_ns = 0;
};

/// Layers of regions that cover each other, best known first. Copied when a forked process changes
/// what it shares with its parent.
class AddressLayout {
 public:
  enum class Layer : std::uint8_t {
    kProgram = 0,  ///< asked for by the program: mmap, mremap, brk
    kThreads = 1,  ///< stacks
    kKernel = 2,   ///< all that was mapped, as the kernel tells it
  };
  struct Piece {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    RegionId id = 0;
  };

  /// Makes [start, end) part of a region; `start < end`. Returns the regions that this replaced
  /// altogether.
  std::vector<EndedRegion> Map(Layer layer, std::uint64_t start, std::uint64_t end, RegionId id,
                               const Region& region);
  std::vector<EndedRegion> Unmap(Layer layer, std::uint64_t start, std::uint64_t end);

  [[nodiscard]] std::optional<Piece> Find(Layer layer, std::uint64_t address) const;
  [[nodiscard]] std::optional<Piece> FindAbove(Layer layer, std::uint64_t address) const;
  /// The pieces of [start, end), in order.
  [[nodiscard]] std::vector<Piece> PiecesOf(Layer layer, std::uint64_t start,
                                            std::uint64_t end) const;

  /// Of a region that has a piece somewhere; nullptr if there is no such region.
  [[nodiscard]] const Region* region(RegionId id) const;
  [[nodiscard]] Region* region(RegionId id);
  /// The region of kernel's mappings of a file, by its group.
  [[nodiscard]] std::optional<RegionId> FileRegion(std::uint32_t group) const;
  [[nodiscard]] const absl::flat_hash_map<RegionId, Region>& regions() const { return regions_; }

  void Place(const ModulePlacement& placement);
  /// Something else is at [start, end) now: `name` is its path, 0 if it is no file.
  void Displace(std::uint64_t start, std::uint64_t end, std::uint32_t name);
  [[nodiscard]] const ModulePlacement* PlacementOf(std::uint64_t address) const;

 private:
  void Reduce(RegionId id, std::uint64_t bytes, std::vector<EndedRegion>& ended);

  RangeMap<RegionId> layers_[3];
  absl::flat_hash_map<RegionId, Region> regions_;
  absl::flat_hash_map<std::uint32_t, RegionId> files_;
  std::map<std::uint64_t, ModulePlacement> modules_;  // by base
};

}  // namespace heimdallr::analysis
