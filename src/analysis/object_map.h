// Which object lies at an address of a process now.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
#include "analysis/address_layout.h"
#include "analysis/allocation_chains.h"
#include "analysis/block_map.h"
#include "analysis/code_place.h"
#include "analysis/displaced_blocks.h"
#include "analysis/module_data.h"
#include "analysis/module_map.h"
#include "analysis/object_table.h"
#include "heimdallr/records.h"
#include "heimdallr/symbols.h"

namespace heimdallr::analysis {

struct AccessPoint {
  std::uint64_t address = 0;
  std::uint64_t ip = 0;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint16_t size = 0;  ///< bytes; 0 = not known
};

struct FoundObject {
  ObjectId object = 0;  ///< 0 = none, for the reason
  Unmatched reason = Unmatched::kNone;
  bool between_blocks = false;  ///< in the heap but in no block
  bool by_allocator = false;    ///< with between_blocks: the code is the allocator's
};

/// Replays allocations, mappings, processes and threads in order of time. Memory: what is live. Not
/// thread-safe.
///
/// What covers what: heap blocks, what the program mapped, variables, stacks, sections, files,
/// other mappings. A forked child has its parent's objects as its own until it executes something
/// else.
class ObjectMap {
 public:
  using StackLookup = analysis::StackLookup;

  /// `symbols` and `table` must outlive this object.
  ObjectMap(const Symbols& symbols, StackLookup stack, std::uint32_t page_size_bytes,
            ObjectTable& table);

  void Add(const AllocationRecord& record);
  void Add(const MappingRecord& record);
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);

  /// The object there, made if it was not accessed before.
  [[nodiscard]] FoundObject Find(const AccessPoint& access);

  /// The group of what lies at an address, as `Find` would say for code that is no allocator's, but
  /// without making it an object that was accessed.
  [[nodiscard]] std::optional<std::uint32_t> GroupAt(std::int32_t pid, std::uint64_t address);

  /// Tells the observer of the table about what is live and was never accessed.
  void TellOfQuiet() const;

  [[nodiscard]] const ModuleMap& modules() const { return modules_; }
  /// By GroupKey::place.
  [[nodiscard]] std::vector<CodePlace> chain(std::uint32_t id) const { return chains_.chain(id); }
  [[nodiscard]] const std::string& name(std::uint32_t id) const { return names_[id]; }
  [[nodiscard]] const ModuleSymbols& data_module(std::uint32_t id) const {
    return data_modules_[id].symbols();
  }

 private:
  // A process between two execs.
  struct Image {
    std::uint32_t number = 0;
    std::int32_t pid = 0;
    BlockMap blocks;
    bool has_heap = false;  // a block was ever allocated: what lies between blocks is the heap's
    std::shared_ptr<AddressLayout> layout;
    // Those accessed, apart from blocks, by region or by module and symbol.
    absl::flat_hash_map<std::uint64_t, ObjectId> objects;
    absl::flat_hash_map<std::uint64_t, std::uint32_t> sites;  // groups, by caller or stack
    absl::flat_hash_map<std::int32_t, RegionId> stacks;       // by thread id
  };
  // The first half of a realloc or mremap, kept until the second half says whether it succeeded.
  struct GivenUp {
    std::uint64_t address = 0;
    std::uint32_t image = 0;
    std::optional<HeapBlock> block;
    std::vector<AddressLayout::Piece> pieces;
  };
  struct Extent {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint64_t start_ns = 0;
  };
  struct GroupedRegion {
    ObjectType type = ObjectType::kAnonymous;
    std::uint32_t group = 0;
  };

  // object_map.cc
  Image& ImageOf(std::int32_t pid);
  Image* FindImage(std::int32_t pid);
  void EndImage(std::int32_t pid, std::uint64_t time_ns);
  void Fork(std::int32_t parent, std::int32_t child, std::uint64_t time_ns);
  static AddressLayout& Writable(Image& image);
  void PlaceModule(AddressLayout& layout, const MappingRecord& record, std::uint32_t name);
  GroupedRegion KernelGroup(std::string_view path, std::uint32_t name);
  RegionId RegionFor(Image& image, const MappingRecord& record, std::uint32_t group);
  void SetStack(Image& image, const ThreadRecord& record);
  void DropStack(Image& image, std::int32_t tid, std::uint64_t time_ns);
  void Finish(Image& image, const std::vector<EndedRegion>& ended, std::uint64_t time_ns);
  void Resize(Image& image, RegionId id, std::uint64_t address, std::uint64_t size);
  std::uint32_t NameId(std::string_view name);
  std::optional<std::uint32_t> DataModuleOf(const MappingRecord& record);

  // object_map_allocations.cc
  std::uint32_t SiteOf(Image& image, const AllocationRecord& record, ObjectType type);
  std::uint32_t ChainIdOf(const AllocationRecord& record) {
    return chains_.IdOf(ChainOf(record, modules_, stack_));
  }
  void Allocate(Image& image, const AllocationRecord& record);
  void Deallocate(Image& image, const AllocationRecord& record);
  void OnFailure(Image& image, const AllocationRecord& record);
  void MapByProgram(Image& image, const AllocationRecord& record);
  void UnmapByProgram(Image& image, std::uint64_t start, std::uint64_t end, std::uint64_t time_ns);
  void UnmapGivenUp(Image& image, const AllocationRecord& record);
  void FinishGivenUp(Image& image, const AllocationRecord& record);
  void EndBlock(const Image& image, const PlacedBlock& placed, std::uint64_t time_ns);
  enum class Quiet : std::uint8_t { kEnded, kLive };
  void TellQuiet(const Image& image, const PlacedBlock& placed, Quiet state,
                 std::uint64_t end_ns) const;
  void TellQuiet(const Image& image, RegionId id, const Region& region, Quiet state,
                 std::uint64_t end_ns) const;

  // object_map_find.cc
  FoundObject FindInHeap(Image& image, const AccessPoint& access);
  FoundObject FindMapped(Image& image, const AccessPoint& access);
  FoundObject FindData(Image& image, const ModulePlacement& placement, DataSymbol::Kind kind,
                       std::uint64_t address);
  std::optional<GroupKey> DataAt(const ModulePlacement& placement, DataSymbol::Kind kind,
                                 std::uint64_t address) const;
  FoundObject FindKernel(Image& image, const AccessPoint& access);
  FoundObject FindUnmapped(Image& image, const AccessPoint& access);
  FoundObject InBlock(Image& image, PlacedBlock placed);
  void KeepBlock(const Image& image, PlacedBlock& placed);
  FoundObject InRegion(Image& image, RegionId id);
  FoundObject FixedObject(Image& image, std::uint64_t key, const GroupKey& group,
                          const Extent& extent);
  [[nodiscard]] bool IsAllocator(const AccessPoint& access);
  [[nodiscard]] bool IsInterposer(const AccessPoint& access) const;

  const Symbols& symbols_;
  StackLookup stack_;
  std::uint64_t page_size_;
  ObjectTable& table_;
  ModuleMap modules_;
  CallChains chains_;
  std::vector<std::string> names_{""};  // 0 = none
  absl::flat_hash_map<std::string, std::uint32_t> name_ids_;
  std::vector<ModuleData> data_modules_;
  absl::flat_hash_map<const ModuleSymbols*, std::uint32_t> data_module_ids_;
  absl::flat_hash_map<std::int32_t, std::unique_ptr<Image>> images_;  // by process id
  std::uint32_t next_image_ = 1;
  RegionId next_region_ = 1;
  Image* last_image_ = nullptr;                          // the one looked for last
  absl::flat_hash_map<std::int32_t, GivenUp> given_up_;  // by thread id
  DisplacedBlocks displaced_;
  std::vector<std::int8_t> allocator_modules_;  // by code module: -1 = not asked yet
};

}  // namespace heimdallr::analysis
