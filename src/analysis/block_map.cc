#include "analysis/block_map.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace heimdallr::analysis {
namespace {

constexpr std::size_t kLayerGrowth = 4;

template <typename Map>
auto AtOrBelow(const Map& blocks, std::uint64_t address) {
  auto above = blocks.upper_bound(address);
  return above == blocks.begin() ? blocks.end() : std::prev(above);
}

}  // namespace

bool BlockMap::IsGone(std::uint64_t address, std::size_t from) const {
  if (own_.gone.contains(address)) return true;
  for (std::size_t i = from; i < layers_.size(); ++i) {
    if (layers_[i]->gone.contains(address)) return true;
  }
  return false;
}

const HeapBlock* BlockMap::FindInLayers(std::uint64_t address) const {
  if (own_.gone.contains(address)) return nullptr;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    const auto entry = (*layer)->blocks.find(address);
    if (entry != (*layer)->blocks.end()) return &entry->second;
    if ((*layer)->gone.contains(address)) return nullptr;
  }
  return nullptr;
}

// In a layer only the nearest block below can hold an address: its blocks do not overlap.
std::optional<PlacedBlock> BlockMap::BelowInLayers(std::uint64_t address) const {
  std::optional<PlacedBlock> nearest;
  for (std::size_t i = layers_.size(); i-- > 0;) {
    const auto entry = AtOrBelow(layers_[i]->blocks, address);
    if (entry == layers_[i]->blocks.end() || IsGone(entry->first, i + 1)) continue;
    if (!nearest || entry->first > nearest->address) {
      nearest = PlacedBlock{entry->first, entry->second};
    }
  }
  return nearest;
}

std::optional<PlacedBlock> BlockMap::FindAtOrBelow(std::uint64_t address) const {
  std::optional<PlacedBlock> nearest;
  if (const auto own = AtOrBelow(own_.blocks, address); own != own_.blocks.end()) {
    nearest = PlacedBlock{own->first, own->second};
    if (layers_.empty() || address - own->first < own->second.size) return nearest;
  }
  if (layers_.empty()) return nearest;
  auto inherited = BelowInLayers(address);
  return inherited && (!nearest || inherited->address > nearest->address) ? inherited : nearest;
}

bool BlockMap::AnyIn(std::uint64_t start, std::uint64_t end) const {
  const auto in = [&](const Layer& layer) {
    const auto entry = layer.blocks.lower_bound(start);
    return entry != layer.blocks.end() && entry->first < end;
  };
  return in(own_) ||
         std::any_of(layers_.begin(), layers_.end(), [&](const auto& layer) { return in(*layer); });
}

void BlockMap::TakeOutOverlapping(std::uint64_t start, std::uint64_t end,
                                  std::vector<PlacedBlock>& out) {
  const auto take = [&](std::uint64_t address) {
    if (auto block = Remove(address)) out.push_back({address, *block});
  };
  const auto reaches = [&](const PlacedBlock& placed) {
    return placed.address == start || start - placed.address < placed.block.size;
  };
  for (auto entry = AtOrBelow(own_.blocks, end - 1);
       entry != own_.blocks.end() &&
       (entry->first >= start || reaches({entry->first, entry->second}));
       entry = AtOrBelow(own_.blocks, end - 1)) {
    take(entry->first);
  }
  if (layers_.empty()) return;
  for (auto placed = BelowInLayers(end - 1);
       placed && (placed->address >= start || reaches(*placed)); placed = BelowInLayers(end - 1)) {
    take(placed->address);
  }
}

std::vector<PlacedBlock> BlockMap::Insert(std::uint64_t address, const HeapBlock& block) {
  std::vector<PlacedBlock> overlapped;
  // A block without bytes has its address all the same; one at the end of all addresses is none.
  const std::uint64_t room = ~std::uint64_t{0} - address;
  TakeOutOverlapping(
      address, address + std::clamp<std::uint64_t>(block.size, 1, std::max<std::uint64_t>(room, 1)),
      overlapped);
  own_.blocks.insert_or_assign(address, block);
  return overlapped;
}

std::optional<HeapBlock> BlockMap::Remove(std::uint64_t address) {
  const auto entry = own_.blocks.find(address);
  if (entry != own_.blocks.end()) {
    const HeapBlock block = entry->second;
    own_.blocks.erase(entry);
    return block;
  }
  if (layers_.empty()) return std::nullopt;
  const HeapBlock* const inherited = FindInLayers(address);
  if (inherited == nullptr) return std::nullopt;
  own_.gone.insert(address);
  return *inherited;
}

void BlockMap::Update(std::uint64_t address, const HeapBlock& block) {
  if (!layers_.empty() && FindInLayers(address) != nullptr) own_.gone.insert(address);
  own_.blocks.insert_or_assign(address, block);
}

BlockMap BlockMap::Fork() {
  if (own_.size() != 0) {
    layers_.push_back(std::make_shared<const Layer>(std::move(own_)));
    own_ = {};
    MergeLayers();
  }
  BlockMap child;
  child.layers_ = layers_;
  return child;
}

void BlockMap::MergeLayers() {
  while (layers_.size() >= 2) {
    const Layer& newer = *layers_.back();
    const Layer& older = *layers_[layers_.size() - 2];
    if (older.size() > kLayerGrowth * newer.size()) return;
    Layer merged = older;
    for (const std::uint64_t address : newer.gone) merged.blocks.erase(address);
    if (layers_.size() > 2) merged.gone.insert(newer.gone.begin(), newer.gone.end());
    for (const auto& [address, block] : newer.blocks) {
      merged.blocks.insert_or_assign(address, block);
    }
    layers_.pop_back();
    layers_.back() = std::make_shared<const Layer>(std::move(merged));
  }
}

}  // namespace heimdallr::analysis
