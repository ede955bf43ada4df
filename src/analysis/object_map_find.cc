#include <algorithm>
#include <string>
#include <string_view>

#include "analysis/object_map.h"

namespace heimdallr::analysis {
namespace {

using Layer = AddressLayout::Layer;

constexpr std::uint64_t kNullPageBytes = 64 << 10;               // vm.mmap_min_addr
constexpr std::uint64_t kVsyscallStart = 0xffff'ffff'ff60'0000;  // x86-64
constexpr std::uint64_t kVsyscallBytes = 4096;
// Linux leaves at least this much free below the first thread's stack, for it to grow into; it does
// not report the growth.
constexpr std::uint64_t kStackGrowthBytes = 128 << 20;
// Allocators other than glibc's round up by more than UsableSize.
constexpr std::uint64_t kOtherRounding = 24;

// Keys of Image::objects beside region numbers.
constexpr std::uint64_t kDataKey = std::uint64_t{1} << 63;
constexpr std::uint64_t kAllocatorKey = std::uint64_t{1} << 62;
constexpr std::uint64_t kVsyscallKey = kAllocatorKey + 1;

// Bytes that malloc of glibc gives for `size`: multiples of 16 less the 8 of its own.
std::uint64_t UsableSize(std::uint64_t size) {
  return std::max<std::uint64_t>(24, ((size + 8 + 15) & ~std::uint64_t{15}) - 8);
}

FoundObject Missing(Unmatched reason) { return {.reason = reason}; }

bool NamesAllocator(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (const std::string_view name :
       {"libc.so", "libc-", "libc.musl", "ld-linux", "ld-musl", "libheimdallr-", "libmemkind",
        "libjemalloc", "libtcmalloc", "libmimalloc", "libtbbmalloc", "libsnmalloc", "libhoard",
        "librpmalloc"}) {
    if (file.starts_with(name)) return true;
  }
  return false;
}

}  // namespace

FoundObject ObjectMap::Find(const AccessPoint& access) {
  Image* const image = FindImage(access.pid);
  if (image == nullptr) return Missing(Unmatched::kProcessUnknown);
  const FoundObject in_heap = FindInHeap(*image, access);
  return in_heap.object != 0 ? in_heap : FindMapped(*image, access);
}

FoundObject ObjectMap::FindInHeap(Image& image, const AccessPoint& access) {
  if (const auto below = image.blocks.FindAtOrBelow(access.address)) {
    const std::uint64_t offset = access.address - below->address;
    if (offset < UsableSize(below->block.size)) return InBlock(image, *below);
    if (offset < below->block.size + kOtherRounding && !IsAllocator(access)) {
      return InBlock(image, *below);
    }
  }
  if (given_up_.empty()) return {};
  // The copying of a realloc reads what has been given up already.
  const auto entry = given_up_.find(access.tid);
  if (entry == given_up_.end()) return {};
  GivenUp& old = entry->second;
  if (!old.block || old.image != image.number || access.address < old.address) return {};
  if (access.address - old.address >= UsableSize(old.block->size)) return {};
  if (old.block->user != image.number) {
    PlacedBlock placed{old.address, *old.block};
    KeepBlock(image, placed);
    old.block = placed.block;
  }
  return {.object = old.block->object};
}

FoundObject ObjectMap::InBlock(Image& image, PlacedBlock placed) {
  if (placed.block.user == image.number) return {.object = placed.block.object};
  // For this process alone: a block that a child inherits is an object of its own in the child.
  KeepBlock(image, placed);
  image.blocks.Update(placed.address, placed.block);
  return {.object = placed.block.object};
}

void ObjectMap::KeepBlock(const Image& image, PlacedBlock& placed) {
  HeapBlock& block = placed.block;
  block.user = image.number;
  block.object = table_.Keep({.group = block.group,
                              .pid = image.pid,
                              .address = placed.address,
                              .size = block.size,
                              .start_ns = block.start_ns});
}

FoundObject ObjectMap::InRegion(Image& image, RegionId id) {
  const auto [entry, is_new] = image.objects.try_emplace(id, 0);
  if (is_new) {
    const Region& region = *image.layout->region(id);
    entry->second =
        table_.Keep({.group = region.group,
                     .pid = image.pid,
                     .tid = region.tid,
                     .counted_apart = region.owner != 0,
                     .address = region.address,
                     .size = region.type == ObjectType::kFile && region.owner == 0 ? region.mapped
                                                                                   : region.size,
                     .start_ns = region.start_ns});
  }
  return {.object = entry->second};
}

FoundObject ObjectMap::FixedObject(Image& image, std::uint64_t key, const GroupKey& group,
                                   const Extent& extent) {
  const auto [entry, is_new] = image.objects.try_emplace(key, 0);
  if (is_new) {
    entry->second = table_.Keep({.group = table_.GroupOf(group),
                                 .pid = image.pid,
                                 .counted_apart = false,
                                 .address = extent.address,
                                 .size = extent.size,
                                 .start_ns = extent.start_ns});
  }
  return {.object = entry->second};
}

std::optional<GroupKey> ObjectMap::DataAt(const ModulePlacement& placement, DataSymbol::Kind kind,
                                          std::uint64_t address) const {
  const auto number = data_modules_[placement.module].Find(kind, address - placement.base);
  if (!number) return std::nullopt;
  return GroupKey{
      .type = kind == DataSymbol::Kind::kObject ? ObjectType::kGlobal : ObjectType::kSection,
      .place = placement.module,
      .part = *number};
}

FoundObject ObjectMap::FindData(Image& image, const ModulePlacement& placement,
                                DataSymbol::Kind kind, std::uint64_t address) {
  const auto key = DataAt(placement, kind, address);
  if (!key) return {};
  const DataSymbol& symbol = data_modules_[placement.module].symbols().data[key->part];
  return FixedObject(image, kDataKey | (std::uint64_t{placement.module} << 32) | key->part, *key,
                     {placement.base + symbol.offset, symbol.size, placement.start_ns});
}

FoundObject ObjectMap::FindMapped(Image& image, const AccessPoint& access) {
  // First, as what the program maps is known from start to end; a module that was unloaded is not.
  if (const auto piece = image.layout->Find(Layer::kProgram, access.address)) {
    return InRegion(image, piece->id);
  }
  const ModulePlacement* const placement = image.layout->PlacementOf(access.address);
  if (placement != nullptr) {
    const FoundObject found =
        FindData(image, *placement, DataSymbol::Kind::kObject, access.address);
    if (found.object != 0) return found;
  }
  if (const auto piece = image.layout->Find(Layer::kThreads, access.address)) {
    return InRegion(image, piece->id);
  }
  if (placement != nullptr) {
    const FoundObject found =
        FindData(image, *placement, DataSymbol::Kind::kSection, access.address);
    if (found.object != 0) return found;
  }
  return FindKernel(image, access);
}

std::optional<std::uint32_t> ObjectMap::GroupAt(std::int32_t pid, std::uint64_t address) {
  Image* const image = FindImage(pid);
  if (image == nullptr) return std::nullopt;
  const auto below = image->blocks.FindAtOrBelow(address);
  if (below && address - below->address < UsableSize(below->block.size)) return below->block.group;
  const AddressLayout& layout = *image->layout;
  if (const auto piece = layout.Find(Layer::kProgram, address)) {
    return layout.region(piece->id)->group;
  }
  const ModulePlacement* const placement = layout.PlacementOf(address);
  if (placement != nullptr) {
    const auto key = DataAt(*placement, DataSymbol::Kind::kObject, address);
    if (key) return table_.GroupOf(*key);
  }
  if (const auto piece = layout.Find(Layer::kThreads, address)) {
    return layout.region(piece->id)->group;
  }
  if (placement != nullptr) {
    const auto key = DataAt(*placement, DataSymbol::Kind::kSection, address);
    if (key) return table_.GroupOf(*key);
  }
  const auto piece = layout.Find(Layer::kKernel, address);
  if (!piece) return std::nullopt;
  const Region& region = *layout.region(piece->id);
  // Between the blocks of a heap: no object's.
  if (region.type == ObjectType::kAnonymous && image->blocks.AnyIn(piece->start, piece->end)) {
    return std::nullopt;
  }
  return region.group;
}

FoundObject ObjectMap::FindKernel(Image& image, const AccessPoint& access) {
  const auto piece = image.layout->Find(Layer::kKernel, access.address);
  if (!piece) return FindUnmapped(image, access);
  if (image.layout->region(piece->id)->type != ObjectType::kAnonymous) {
    return InRegion(image, piece->id);
  }
  // An access that begins before a block may still reach into it: string functions read whole
  // vectors.
  if (access.size > 1) {
    const std::uint64_t last = access.address + access.size - 1;
    const auto block = image.blocks.FindAtOrBelow(last);
    if (block && block->address > access.address) return InBlock(image, *block);
  }
  // Libc's functions also touch memory that is no heap: where none is known, it is none.
  if (!image.has_heap || !IsAllocator(access)) {
    if (!image.blocks.AnyIn(piece->start, piece->end)) return InRegion(image, piece->id);
    return {.reason = Unmatched::kBetweenBlocks, .between_blocks = true};
  }
  FoundObject found = FixedObject(image, kAllocatorKey, {.type = ObjectType::kAllocator}, {});
  found.between_blocks = true;
  found.by_allocator = true;
  return found;
}

FoundObject ObjectMap::FindUnmapped(Image& image, const AccessPoint& access) {
  if (access.address < kNullPageBytes) return Missing(Unmatched::kNullPage);
  if (access.address - kVsyscallStart < kVsyscallBytes) {
    return FixedObject(image, kVsyscallKey,
                       {.type = ObjectType::kVdso, .place = NameId("[vsyscall]")},
                       {kVsyscallStart, kVsyscallBytes, 0});
  }
  const auto above = image.layout->FindAbove(Layer::kKernel, access.address);
  if (above && above->start - access.address <= kStackGrowthBytes &&
      image.layout->region(above->id)->type == ObjectType::kStack) {
    return InRegion(image, above->id);
  }
  // The interposer's ring: moved to its place, which the kernel does not report.
  if (IsInterposer(access)) {
    return FixedObject(image, kAllocatorKey, {.type = ObjectType::kAllocator}, {});
  }
  return Missing(Unmatched::kNotMapped);
}

bool ObjectMap::IsInterposer(const AccessPoint& access) const {
  const std::uint32_t module = modules_.Find(access.pid, access.ip).module;
  return module != 0 &&
         modules_.module(module).path.find("/libheimdallr-preload.so") != std::string::npos;
}

bool ObjectMap::IsAllocator(const AccessPoint& access) {
  const std::uint32_t module = modules_.Find(access.pid, access.ip).module;
  if (module == 0) return false;
  if (module >= allocator_modules_.size()) allocator_modules_.resize(module + 1, -1);
  std::int8_t& known = allocator_modules_[module];
  if (known < 0) known = NamesAllocator(modules_.module(module).path) ? 1 : 0;
  return known == 1;
}

}  // namespace heimdallr::analysis
