#include "analysis/address_layout.h"

#include <algorithm>
#include <iterator>

namespace heimdallr::analysis {

void AddressLayout::Reduce(RegionId id, std::uint64_t bytes, std::vector<EndedRegion>& ended) {
  const auto entry = regions_.find(id);
  entry->second.mapped -= bytes;
  if (entry->second.mapped != 0) return;
  const auto file = files_.find(entry->second.group);
  if (file != files_.end() && file->second == id) files_.erase(file);
  ended.push_back({id, entry->second});
  regions_.erase(entry);
}

std::vector<EndedRegion> AddressLayout::Map(Layer layer, std::uint64_t start, std::uint64_t end,
                                            RegionId id, const Region& region) {
  // Before the old pieces go, so that a region that replaces itself does not end.
  const auto [entry, is_new] = regions_.try_emplace(id, region);
  if (is_new) entry->second.mapped = 0;
  if (layer == Layer::kKernel && region.type == ObjectType::kFile) files_[region.group] = id;
  entry->second.mapped += end - start;
  std::vector<EndedRegion> ended = Unmap(layer, start, end);
  layers_[static_cast<std::size_t>(layer)].Assign(start, end, id);
  return ended;
}

std::vector<EndedRegion> AddressLayout::Unmap(Layer layer, std::uint64_t start, std::uint64_t end) {
  std::vector<EndedRegion> ended;
  layers_[static_cast<std::size_t>(layer)].Erase(
      start, end,
      [&](std::uint64_t from, std::uint64_t to, RegionId id) { Reduce(id, to - from, ended); });
  return ended;
}

std::optional<AddressLayout::Piece> AddressLayout::Find(Layer layer, std::uint64_t address) const {
  const auto piece = layers_[static_cast<std::size_t>(layer)].FindPiece(address);
  if (!piece) return std::nullopt;
  return Piece{piece->start, piece->end, piece->value};
}

std::optional<AddressLayout::Piece> AddressLayout::FindAbove(Layer layer,
                                                             std::uint64_t address) const {
  const auto piece = layers_[static_cast<std::size_t>(layer)].FindAbove(address);
  if (!piece) return std::nullopt;
  return Piece{piece->start, piece->end, piece->value};
}

std::vector<AddressLayout::Piece> AddressLayout::PiecesOf(Layer layer, std::uint64_t start,
                                                          std::uint64_t end) const {
  std::vector<Piece> pieces;
  auto piece = Find(layer, start);
  if (!piece) piece = FindAbove(layer, start);
  for (; piece && piece->start < end; piece = FindAbove(layer, piece->start)) {
    pieces.push_back({std::max(piece->start, start), std::min(piece->end, end), piece->id});
  }
  return pieces;
}

const Region* AddressLayout::region(RegionId id) const {
  const auto entry = regions_.find(id);
  return entry == regions_.end() ? nullptr : &entry->second;
}

Region* AddressLayout::region(RegionId id) {
  const auto entry = regions_.find(id);
  return entry == regions_.end() ? nullptr : &entry->second;
}

std::optional<RegionId> AddressLayout::FileRegion(std::uint32_t group) const {
  const auto entry = files_.find(group);
  if (entry == files_.end()) return std::nullopt;
  return entry->second;
}

void AddressLayout::Place(const ModulePlacement& placement) {
  Displace(placement.base, placement.end, placement.name);
  modules_[placement.base] = placement;
}

// A module's own later pieces, and the anonymous memory of its .bss, lie above its base.
void AddressLayout::Displace(std::uint64_t start, std::uint64_t end, std::uint32_t name) {
  auto entry = modules_.upper_bound(start);
  if (entry != modules_.begin()) --entry;
  while (entry != modules_.end() && entry->first < end) {
    const ModulePlacement& placed = entry->second;
    const bool overlaps = placed.end > start;
    const bool base_gone = placed.base >= start;
    const bool is_other_file = name != 0 && name != placed.name;
    if (overlaps && (is_other_file || (base_gone && name != placed.name))) {
      entry = modules_.erase(entry);
    } else {
      ++entry;
    }
  }
}

const ModulePlacement* AddressLayout::PlacementOf(std::uint64_t address) const {
  const auto above = modules_.upper_bound(address);
  if (above == modules_.begin()) return nullptr;
  const ModulePlacement& placement = std::prev(above)->second;
  return address < placement.end ? &placement : nullptr;
}

}  // namespace heimdallr::analysis
