#include <utility>

#include "analysis/allocation_range.h"
#include "analysis/names.h"
#include "analysis/object_map.h"

namespace heimdallr::analysis {
namespace {

using Layer = AddressLayout::Layer;

// So many groups are remembered by stack; then they are found anew.
constexpr std::size_t kMostKnownSites = 1 << 16;

}  // namespace

void ObjectMap::Add(const AllocationRecord& record) {
  Image& image = ImageOf(record.pid);
  if (record.event == AllocationEvent::kDeallocate) {
    Deallocate(image, record);
  } else if (record.address == 0) {
    OnFailure(image, record);
  } else {
    Allocate(image, record);
  }
}

std::uint32_t ObjectMap::SiteOf(Image& image, const AllocationRecord& record, ObjectType type) {
  // User addresses have at most 57 bits, calls less than 7; the top bit parts stacks from them.
  const std::uint64_t place =
      record.stack != 0 ? (std::uint64_t{1} << 56) | record.stack : record.caller;
  const std::uint64_t key = (place << 7) | static_cast<std::uint64_t>(record.call);
  if (const auto known = image.sites.find(key); known != image.sites.end()) return known->second;
  if (image.sites.size() >= kMostKnownSites) image.sites.clear();
  const std::uint32_t group =
      table_.GroupOf({.type = type, .call = record.call, .place = ChainIdOf(record)});
  image.sites.emplace(key, group);
  return group;
}

void ObjectMap::EndBlock(const Image& image, const PlacedBlock& placed, std::uint64_t time_ns) {
  const HeapBlock& block = placed.block;
  TellQuiet(image, placed, Quiet::kEnded, time_ns);
  if (block.user == image.number) table_.Release(block.object, time_ns);
  if (block.owner == image.number) table_.End(block.group, block.start_ns, time_ns);
}

void ObjectMap::TellQuiet(const Image& image, const PlacedBlock& placed, Quiet state,
                          std::uint64_t end_ns) const {
  const HeapBlock& block = placed.block;
  if (!table_.observed() || block.owner != image.number || block.user == image.number) return;
  table_.PassOn({.group = block.group,
                 .pid = image.pid,
                 .ended = state == Quiet::kEnded,
                 .address = placed.address,
                 .size = block.size,
                 .start_ns = block.start_ns,
                 .end_ns = end_ns});
}

void ObjectMap::TellQuiet(const Image& image, RegionId id, const Region& region, Quiet state,
                          std::uint64_t end_ns) const {
  if (!table_.observed() || region.owner != image.number || image.objects.contains(id)) return;
  table_.PassOn({.group = region.group,
                 .pid = image.pid,
                 .ended = state == Quiet::kEnded,
                 .address = region.address,
                 .size = region.size,
                 .start_ns = region.start_ns,
                 .end_ns = end_ns});
}

void ObjectMap::TellOfQuiet() const {
  for (const auto& [pid, image] : images_) {
    const Image& live = *image;
    live.blocks.ForEach([&](std::uint64_t address, const HeapBlock& block) {
      TellQuiet(live, {address, block}, Quiet::kLive, 0);
    });
    for (const auto& [id, region] : live.layout->regions()) {
      TellQuiet(live, id, region, Quiet::kLive, 0);
    }
  }
}

void ObjectMap::Allocate(Image& image, const AllocationRecord& record) {
  if (record.old_address != 0) {
    if (record.call == AllocationCall::kMremap) UnmapGivenUp(image, record);
    FinishGivenUp(image, record);
  }
  if (MapsMemory(record.call)) {
    MapByProgram(image, record);
    return;
  }
  const std::uint32_t group = SiteOf(image, record, ObjectType::kHeap);
  const HeapBlock block{
      .size = record.size, .start_ns = record.time_ns, .group = group, .owner = image.number};
  image.has_heap = true;
  for (const PlacedBlock& before : image.blocks.Insert(record.address, block)) {
    EndBlock(image, before, record.time_ns);
    if (before.address == record.address) {
      displaced_.Note(record.address, image.number, record.time_ns);
    }
  }
  table_.Begin(group, record.size, record.time_ns);
}

void ObjectMap::Deallocate(Image& image, const AllocationRecord& record) {
  if (MapsMemory(record.call)) {
    const std::uint64_t end = EndOfMapped(record, page_size_);
    if (end == record.address) return;
    if (IsTwoStep(record.call)) {
      given_up_[record.tid] = {
          .address = record.address,
          .image = image.number,
          .pieces = image.layout->PiecesOf(Layer::kProgram, record.address, end)};
    } else {
      UnmapByProgram(image, record.address, end, record.time_ns);
    }
    return;
  }
  if (displaced_.Take(record.address, image.number, record.time_ns)) return;
  const auto block = image.blocks.Remove(record.address);
  if (!block) return;
  if (IsTwoStep(record.call)) {
    given_up_[record.tid] = {.address = record.address, .image = image.number, .block = block};
  } else {
    EndBlock(image, {record.address, *block}, record.time_ns);
  }
}

// The second half succeeded: the old block is gone for good.
void ObjectMap::FinishGivenUp(Image& image, const AllocationRecord& record) {
  const auto entry = given_up_.find(record.tid);
  if (entry == given_up_.end()) return;
  if (entry->second.block && entry->second.image == image.number) {
    EndBlock(image, {entry->second.address, *entry->second.block}, record.time_ns);
  }
  given_up_.erase(entry);
}

void ObjectMap::OnFailure(Image& image, const AllocationRecord& record) {
  const auto entry = given_up_.find(record.tid);
  if (record.old_address == 0 || entry == given_up_.end() ||
      entry->second.address != record.old_address || entry->second.image != image.number) {
    return;
  }
  // realloc(p, 0) gives no block and has freed the old one: that is no failure.
  const bool freed = record.size == 0 && !MapsMemory(record.call);
  if (freed) {
    FinishGivenUp(image, record);
    return;
  }
  if (entry->second.block) image.blocks.Update(record.old_address, *entry->second.block);
  given_up_.erase(entry);
}

void ObjectMap::MapByProgram(Image& image, const AllocationRecord& record) {
  const std::uint64_t end = EndOfMapped(record, page_size_);
  if (end == record.address) return;
  AddressLayout& layout = Writable(image);
  Region region{.type = ObjectType::kMapping,
                .owner = image.number,
                .address = record.address,
                .size = end - record.address,
                .start_ns = record.time_ns};
  // The kernel has said before whether it is a file.
  const auto below = layout.Find(Layer::kKernel, record.address);
  const Region* const kernels = below ? layout.region(below->id) : nullptr;
  if (kernels != nullptr && kernels->type == ObjectType::kFile && below->start == record.address &&
      record.call == AllocationCall::kMmap) {
    region.type = ObjectType::kFile;
    region.group = table_.GroupOf({.type = ObjectType::kFile,
                                   .call = record.call,
                                   .place = table_.groups()[kernels->group].key.place,
                                   .part = 1 + ChainIdOf(record)});
  } else {
    region.group = SiteOf(image, record, ObjectType::kMapping);
  }
  Finish(image, layout.Map(Layer::kProgram, record.address, end, next_region_++, region),
         record.time_ns);
  table_.Begin(region.group, region.size, record.time_ns);
}

void ObjectMap::UnmapByProgram(Image& image, std::uint64_t start, std::uint64_t end,
                               std::uint64_t time_ns) {
  AddressLayout& layout = Writable(image);
  for (const Layer layer : {Layer::kProgram, Layer::kThreads, Layer::kKernel}) {
    Finish(image, layout.Unmap(layer, start, end), time_ns);
  }
}

// What mremap moved away from - unless another thread has mapped there since.
void ObjectMap::UnmapGivenUp(Image& image, const AllocationRecord& record) {
  const auto entry = given_up_.find(record.tid);
  if (entry == given_up_.end() || entry->second.image != image.number) return;
  for (const auto& piece : entry->second.pieces) {
    const auto now = image.layout->Find(Layer::kProgram, piece.start);
    if (now && now->id == piece.id) {
      UnmapByProgram(image, piece.start, piece.end, record.time_ns);
    }
  }
}

}  // namespace heimdallr::analysis
