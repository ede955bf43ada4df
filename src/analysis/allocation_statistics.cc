#include "analysis/allocation_statistics.h"

#include <algorithm>
#include <utility>

#include "analysis/allocation_range.h"
#include "analysis/names.h"

namespace heimdallr::analysis {
namespace {

std::size_t IndexOf(AllocationCall call) {
  const auto index = static_cast<std::size_t>(call);
  return index < AllocationStatistics::kCalls ? index : 0;
}

}  // namespace

AllocationStatistics::AllocationStatistics(const ModuleMap& modules, std::uint32_t page_size_bytes)
    : modules_(modules), page_size_(page_size_bytes == 0 ? 4096 : page_size_bytes) {}

void AllocationStatistics::Add(const AllocationRecord& record) {
  Image& image = ImageOf(record.pid);
  if (record.event == AllocationEvent::kDeallocate) {
    Deallocate(image, record);
  } else if (record.address == 0) {
    OnFailure(image, record);
  } else {
    Allocate(image, record);
  }
}

void AllocationStatistics::Add(const ProcessRecord& record) {
  switch (record.event) {
    case ProcessEvent::kStart:
      if (record.parent_pid != record.pid) Fork(record.parent_pid, record.pid);
      break;
    case ProcessEvent::kExec:
    case ProcessEvent::kExit:
      EndImage(record.pid);
      break;
    case ProcessEvent::kAttach:
      break;
  }
}

AllocationStatistics::Image& AllocationStatistics::ImageOf(std::int32_t pid) {
  if (last_image_ != nullptr && last_pid_ == pid) return *last_image_;
  std::unique_ptr<Image>& image = images_[pid];
  if (!image) {
    image = std::make_unique<Image>();
    image->number = next_image_++;
  }
  last_pid_ = pid;
  last_image_ = image.get();
  return *image;
}

void AllocationStatistics::EndImage(std::int32_t pid) {
  const auto entry = images_.find(pid);
  if (entry == images_.end()) return;
  for (const ImageSite& local : entry->second->sites) {
    AllocationSite& site = sites_[local.site];
    MemoryTotals& totals = MapsMemory(site.call) ? mapped_ : heap_;
    site.live_blocks -= local.live_blocks;
    site.live_bytes -= local.live_bytes;
    site.left_blocks += local.live_blocks;
    site.left_bytes += local.live_bytes;
    totals.live_blocks -= local.live_blocks;
    totals.live_bytes -= local.live_bytes;
    totals.left_blocks += local.live_blocks;
    totals.left_bytes += local.live_bytes;
  }
  images_.erase(entry);
  last_image_ = nullptr;
}

void AllocationStatistics::Fork(std::int32_t parent, std::int32_t child) {
  const auto from = images_.find(parent);
  if (from == images_.end()) return;
  LiveBlocks inherited = from->second->blocks.Fork();
  EndImage(child);  // a process id used again, whose exit was lost
  ImageOf(child).blocks = std::move(inherited);
}

std::uint32_t AllocationStatistics::SiteIn(Image& image, const AllocationRecord& record) {
  // User addresses have at most 57 bits, calls less than 7.
  const std::uint64_t key = (record.caller << 7) | static_cast<std::uint64_t>(record.call);
  const auto [entry, is_new] =
      image.site_index.try_emplace(key, static_cast<std::uint32_t>(image.sites.size()));
  if (is_new) {
    const CodeLocation location = modules_.Find(record.pid, record.caller);
    image.sites.push_back({.site = sites_.IdOf(location, record.caller, record.call)});
  }
  return entry->second;
}

void AllocationStatistics::Grow(Image& image, std::uint32_t site, MemoryTotals& totals,
                                std::uint64_t blocks, std::uint64_t bytes, std::uint64_t time_ns) {
  ImageSite& local = image.sites[site];
  local.live_blocks += blocks;
  local.live_bytes += bytes;
  AllocationSite& global = sites_[local.site];
  global.live_blocks += blocks;
  global.live_bytes += bytes;
  global.peak_live_bytes = std::max(global.peak_live_bytes, global.live_bytes);
  totals.live_blocks += blocks;
  totals.live_bytes += bytes;
  if (totals.live_bytes > totals.peak_live_bytes) {
    totals.peak_live_bytes = totals.live_bytes;
    totals.peak_time_ns = time_ns;
  }
}

void AllocationStatistics::Shrink(Image& image, std::uint32_t site, MemoryTotals& totals,
                                  std::uint64_t blocks, std::uint64_t bytes) {
  ImageSite& local = image.sites[site];
  local.live_blocks -= blocks;
  local.live_bytes -= bytes;
  AllocationSite& global = sites_[local.site];
  global.live_blocks -= blocks;
  global.live_bytes -= bytes;
  totals.live_blocks -= blocks;
  totals.live_bytes -= bytes;
}

void AllocationStatistics::Allocate(Image& image, const AllocationRecord& record) {
  if (record.old_address != 0) given_up_.erase(record.tid);
  CallTotals& call = calls_[IndexOf(record.call)];
  ++call.allocations;
  call.bytes += record.size;
  const std::uint32_t site = SiteIn(image, record);
  AllocationSite& global = sites_[image.sites[site].site];
  ++global.allocations;
  global.bytes += record.size;
  if (MapsMemory(record.call)) {
    Map(image, record, site);
    return;
  }
  const LiveBlock block{.size = record.size, .site = site, .owner = image.number};
  if (const auto before = image.blocks.Insert(record.address, block)) {
    ++oddities_.missed_frees;
    if (before->owner == image.number) Shrink(image, before->site, heap_, 1, before->size);
    displaced_.Note(record.address, image.number, record.time_ns);
  }
  Grow(image, site, heap_, 1, record.size, record.time_ns);
}

void AllocationStatistics::Deallocate(Image& image, const AllocationRecord& record) {
  ++calls_[IndexOf(record.call)].deallocations;
  if (MapsMemory(record.call)) {
    std::vector<Piece> pieces = Unmap(image, record);
    if (IsTwoStep(record.call)) {
      given_up_[record.tid] = {record.address, image.number, std::nullopt, std::move(pieces)};
    }
    return;
  }
  if (displaced_.Take(record.address, image.number, record.time_ns)) {
    --oddities_.missed_frees;
    return;
  }
  const std::optional<LiveBlock> block = image.blocks.Remove(record.address);
  if (IsTwoStep(record.call)) given_up_[record.tid] = {record.address, image.number, block, {}};
  if (!block) {
    ++oddities_.unknown_frees;
  } else if (block->owner != image.number) {
    ++oddities_.inherited_frees;
  } else {
    Shrink(image, block->site, heap_, 1, block->size);
  }
}

void AllocationStatistics::OnFailure(Image& image, const AllocationRecord& record) {
  const auto given_up = given_up_.find(record.tid);
  const bool continues = record.old_address != 0 && given_up != given_up_.end() &&
                         given_up->second.address == record.old_address &&
                         given_up->second.image == image.number;
  // realloc(p, 0) gives no block and has freed the old one: that is no failure.
  const bool freed = record.old_address != 0 && record.size == 0 && !MapsMemory(record.call);
  CallTotals& call = calls_[IndexOf(record.call)];
  if (!freed) {
    ++call.failures;
    if (continues) {
      --call.deallocations;
      Restore(image, given_up->second, record);
    }
  }
  if (continues) given_up_.erase(given_up);
}

void AllocationStatistics::Restore(Image& image, const GivenUp& given_up,
                                   const AllocationRecord& record) {
  if (MapsMemory(record.call)) {
    for (const Piece& piece : given_up.pieces) {
      image.mapped.Assign(piece.start, piece.end, piece.site);
      Grow(image, piece.site, mapped_, 0, piece.end - piece.start, record.time_ns);
    }
    return;
  }
  if (!given_up.block) {
    --oddities_.unknown_frees;
    return;
  }
  image.blocks.Insert(given_up.address, *given_up.block);
  if (given_up.block->owner == image.number) {
    Grow(image, given_up.block->site, heap_, 1, given_up.block->size, record.time_ns);
  } else {
    --oddities_.inherited_frees;
  }
}

void AllocationStatistics::Map(Image& image, const AllocationRecord& record, std::uint32_t site) {
  Unmap(image, record);  // MAP_FIXED replaces what was there
  const std::uint64_t end = EndOfMapped(record, page_size_);
  if (end == record.address) return;
  image.mapped.Assign(record.address, end, site);
  Grow(image, site, mapped_, 0, end - record.address, record.time_ns);
}

std::vector<AllocationStatistics::Piece> AllocationStatistics::Unmap(
    Image& image, const AllocationRecord& record) {
  std::vector<Piece> pieces;
  const std::uint64_t end = EndOfMapped(record, page_size_);
  if (end == record.address) return pieces;
  image.mapped.Erase(record.address, end,
                     [&](std::uint64_t from, std::uint64_t to, std::uint32_t site) {
                       pieces.push_back({from, to, site});
                       Shrink(image, site, mapped_, 0, to - from);
                     });
  return pieces;
}

}  // namespace heimdallr::analysis
