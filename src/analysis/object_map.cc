#include "analysis/object_map.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace heimdallr::analysis {
namespace {

using Layer = AddressLayout::Layer;

// glibc keeps what it knows of a thread above its thread pointer: 2368 bytes in version 2.36.
constexpr std::uint64_t kThreadControlBytes = 2304;
// What is taken for a stack that lies in memory of the program's own.
constexpr std::uint64_t kOwnStackBytes = 8 << 20;

}  // namespace

ObjectMap::ObjectMap(const Symbols& symbols, StackLookup stack, std::uint32_t page_size_bytes,
                     ObjectTable& table)
    : symbols_(symbols),
      stack_(std::move(stack)),
      page_size_(page_size_bytes == 0 ? 4096 : page_size_bytes),
      table_(table) {}

std::uint32_t ObjectMap::NameId(std::string_view name) {
  if (name.empty()) return 0;
  const auto [entry, is_new] =
      name_ids_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.emplace_back(name);
  return entry->second;
}

ObjectMap::Image* ObjectMap::FindImage(std::int32_t pid) {
  if (last_image_ != nullptr && last_image_->pid == pid) return last_image_;
  const auto entry = images_.find(pid);
  if (entry == images_.end()) return nullptr;
  last_image_ = entry->second.get();
  return last_image_;
}

ObjectMap::Image& ObjectMap::ImageOf(std::int32_t pid) {
  if (Image* known = FindImage(pid)) return *known;
  std::unique_ptr<Image>& image = images_[pid];
  image = std::make_unique<Image>();
  image->number = next_image_++;
  image->pid = pid;
  image->layout = std::make_shared<AddressLayout>();
  last_image_ = image.get();
  return *image;
}

AddressLayout& ObjectMap::Writable(Image& image) {
  if (image.layout.use_count() > 1) image.layout = std::make_shared<AddressLayout>(*image.layout);
  return *image.layout;
}

void ObjectMap::Add(const ProcessRecord& record) {
  modules_.Add(record);
  switch (record.event) {
    case ProcessEvent::kStart:
      if (record.parent_pid != record.pid) Fork(record.parent_pid, record.pid, record.time_ns);
      break;
    case ProcessEvent::kExec:
      EndImage(record.pid, record.time_ns);
      ImageOf(record.pid);
      break;
    case ProcessEvent::kExit:
      EndImage(record.pid, record.time_ns);
      break;
    case ProcessEvent::kAttach:
      ImageOf(record.pid);
      break;
  }
}

void ObjectMap::Fork(std::int32_t parent, std::int32_t child, std::uint64_t time_ns) {
  EndImage(child, time_ns);  // a process id used again, whose exit was lost
  Image& image = ImageOf(child);
  Image* const from = FindImage(parent);
  if (from == nullptr) return;
  image.blocks = from->blocks.Fork();
  image.has_heap = from->has_heap;
  image.layout = from->layout;
}

void ObjectMap::EndImage(std::int32_t pid, std::uint64_t time_ns) {
  const auto entry = images_.find(pid);
  if (entry == images_.end()) return;
  Image& image = *entry->second;
  image.blocks.ForEach([&](std::uint64_t address, const HeapBlock& block) {
    EndBlock(image, {address, block}, time_ns);
  });
  absl::erase_if(given_up_, [&](const auto& given_up) {
    const GivenUp& old = given_up.second;
    if (old.image != image.number) return false;
    if (old.block) EndBlock(image, {old.address, *old.block}, time_ns);
    return true;
  });
  for (const auto& [id, region] : image.layout->regions()) {
    if (region.owner == image.number) {
      table_.End(region.group, region.start_ns, time_ns);
      TellQuiet(image, id, region, Quiet::kEnded, time_ns);
    }
  }
  for (const auto& [key, id] : image.objects) table_.Release(id, time_ns);
  images_.erase(entry);
  last_image_ = nullptr;
}

void ObjectMap::Finish(Image& image, const std::vector<EndedRegion>& ended, std::uint64_t time_ns) {
  for (const auto& [id, region] : ended) {
    if (region.owner == image.number) {
      table_.End(region.group, region.start_ns, time_ns);
      TellQuiet(image, id, region, Quiet::kEnded, time_ns);
    }
    if (const auto object = image.objects.find(id); object != image.objects.end()) {
      table_.Release(object->second, time_ns);
      image.objects.erase(object);
    }
  }
}

ObjectMap::GroupedRegion ObjectMap::KernelGroup(std::string_view path, std::uint32_t name) {
  const auto group = [&](ObjectType type, std::uint32_t place) {
    return GroupedRegion{type, table_.GroupOf({.type = type, .place = place})};
  };
  if (path.empty() || path.starts_with("//anon")) return group(ObjectType::kAnonymous, 0);
  if (path == "[stack]") return group(ObjectType::kStack, 0);
  if (path == "[heap]" || path.starts_with("[anon")) return group(ObjectType::kAnonymous, name);
  if (path.starts_with("[")) return group(ObjectType::kVdso, name);
  return group(ObjectType::kFile, name);
}

// The kernel reports a grown or merged mapping as a whole, and the pieces of one file apart: both
// stay one region.
RegionId ObjectMap::RegionFor(Image& image, const MappingRecord& record, std::uint32_t group) {
  const AddressLayout& layout = *image.layout;
  if (const auto file = layout.FileRegion(group)) return *file;
  const std::uint64_t end = record.address + record.size;
  for (const auto& piece : layout.PiecesOf(Layer::kKernel, record.address, end)) {
    const Region& region = *layout.region(piece.id);
    const bool covered = region.address >= record.address && region.address + region.size <= end;
    if (region.group == group && covered) return piece.id;
  }
  return next_region_++;
}

void ObjectMap::Add(const MappingRecord& record) {
  modules_.Add(record);
  if (record.size == 0 || record.size > std::numeric_limits<std::uint64_t>::max() - record.address)
    return;
  Image& image = ImageOf(record.pid);
  AddressLayout& layout = Writable(image);
  const std::uint64_t end = record.address + record.size;
  const std::uint32_t name = NameId(record.path);
  const GroupedRegion grouped = KernelGroup(record.path, name);
  const RegionId id = RegionFor(image, record, grouped.group);
  const Region region{.type = grouped.type,
                      .group = grouped.group,
                      .address = record.address,
                      .size = record.size,
                      .start_ns = record.time_ns};
  Finish(image, layout.Map(Layer::kKernel, record.address, end, id, region), record.time_ns);
  const Region* const mapped = layout.region(id);
  if (mapped->type == ObjectType::kFile) {
    Resize(image, id, std::min(mapped->address, record.address), mapped->mapped);
  } else {
    Resize(image, id, record.address, record.size);
  }
  const bool is_file = grouped.type == ObjectType::kFile;
  layout.Displace(record.address, end, is_file ? name : 0);
  if (is_file) PlaceModule(layout, record, name);
}

void ObjectMap::Resize(Image& image, RegionId id, std::uint64_t address, std::uint64_t size) {
  Region& region = *Writable(image).region(id);
  region.address = address;
  region.size = size;
  const auto object = image.objects.find(id);
  if (object != image.objects.end()) table_.Resize(object->second, address, size);
}

std::optional<std::uint32_t> ObjectMap::DataModuleOf(const MappingRecord& record) {
  const std::string path(record.path);
  const ModuleSymbols* module = symbols_.FindModule(path, std::string(record.build_id));
  if (module == nullptr && record.build_id.empty()) {
    // The one build of this path there is.
    const auto first = symbols_.modules.lower_bound({path, ""});
    if (first != symbols_.modules.end() && first->first.first == path) module = &first->second;
  }
  if (module == nullptr || module->data.empty()) return std::nullopt;
  const auto [entry, is_new] =
      data_module_ids_.try_emplace(module, static_cast<std::uint32_t>(data_modules_.size()));
  if (is_new) data_modules_.emplace_back(*module);
  return entry->second;
}

void ObjectMap::PlaceModule(AddressLayout& layout, const MappingRecord& record,
                            std::uint32_t name) {
  const auto module = DataModuleOf(record);
  if (!module) return;
  const ModuleData& data = data_modules_[*module];
  if (record.offset != data.symbols().first_mapped_offset) return;
  layout.Place({.module = *module,
                .name = name,
                .base = record.address,
                .end = record.address + data.extent(),
                .start_ns = record.time_ns});
}

void ObjectMap::Add(const ThreadRecord& record) {
  if (record.event == ThreadEvent::kLayout && record.stack_top != 0) {
    SetStack(ImageOf(record.pid), record);
  } else if (record.event == ThreadEvent::kExit) {
    if (Image* image = FindImage(record.pid)) DropStack(*image, record.tid, record.time_ns);
  }
}

void ObjectMap::SetStack(Image& image, const ThreadRecord& record) {
  DropStack(image, record.tid, record.time_ns);
  const std::uint64_t inside = record.stack_top - 1;
  auto piece = image.layout->Find(Layer::kProgram, inside);
  if (piece) {
    piece->start = std::max(piece->start, inside - std::min(inside, kOwnStackBytes));
  } else {
    piece = image.layout->Find(Layer::kKernel, inside);
    // The kernel's own word for the first thread's stack is better.
    if (!piece || image.layout->region(piece->id)->type == ObjectType::kStack) return;
  }
  // Memory above the stack may have become one mapping with it.
  const std::uint64_t used =
      std::max(record.thread_pointer < piece->end ? record.thread_pointer : 0, record.stack_top) +
      kThreadControlBytes;
  const std::uint64_t end = std::min(piece->end, (used + page_size_ - 1) / page_size_ * page_size_);
  if (end <= piece->start) return;
  const RegionId id = next_region_++;
  const std::uint32_t place = record.tid == record.pid ? 0 : 1;
  const Region region{.type = ObjectType::kStack,
                      .group = table_.GroupOf({.type = ObjectType::kStack, .place = place}),
                      .tid = record.tid,
                      .address = piece->start,
                      .size = end - piece->start,
                      .start_ns = record.time_ns};
  Finish(image, Writable(image).Map(Layer::kThreads, piece->start, end, id, region),
         record.time_ns);
  image.stacks[record.tid] = id;
}

void ObjectMap::DropStack(Image& image, std::int32_t tid, std::uint64_t time_ns) {
  const auto entry = image.stacks.find(tid);
  if (entry == image.stacks.end()) return;
  AddressLayout& layout = Writable(image);
  if (const Region* region = layout.region(entry->second)) {
    const std::uint64_t start = region->address;
    const std::uint64_t end = start + region->size;
    for (const auto& piece : layout.PiecesOf(Layer::kThreads, start, end)) {
      if (piece.id == entry->second) {
        Finish(image, layout.Unmap(Layer::kThreads, piece.start, piece.end), time_ns);
      }
    }
  }
  image.stacks.erase(entry);
}

}  // namespace heimdallr::analysis
