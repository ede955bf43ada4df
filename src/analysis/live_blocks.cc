#include "analysis/live_blocks.h"

#include <limits>
#include <utility>

namespace heimdallr::analysis {
namespace {

constexpr std::size_t kLayerGrowth = 4;

// A block of an older layer that has been freed.
constexpr std::uint32_t kGoneOwner = std::numeric_limits<std::uint32_t>::max();

std::optional<LiveBlock> Present(const LiveBlock& block) {
  if (block.owner == kGoneOwner) return std::nullopt;
  return block;
}

}  // namespace

std::optional<LiveBlock> LiveBlocks::FindInLayers(std::uint64_t address) const {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    if (const auto entry = (*layer)->find(address); entry != (*layer)->end()) {
      return Present(entry->second);
    }
  }
  return std::nullopt;
}

std::optional<LiveBlock> LiveBlocks::Insert(std::uint64_t address, const LiveBlock& block) {
  const auto [entry, is_new] = own_.try_emplace(address, block);
  if (is_new) return layers_.empty() ? std::nullopt : FindInLayers(address);
  return Present(std::exchange(entry->second, block));
}

std::optional<LiveBlock> LiveBlocks::Remove(std::uint64_t address) {
  const auto entry = own_.find(address);
  if (layers_.empty()) {
    if (entry == own_.end()) return std::nullopt;
    const LiveBlock block = entry->second;
    own_.erase(entry);
    return block;
  }
  const bool in_layers = FindInLayers(address).has_value();
  std::optional<LiveBlock> block;
  if (entry != own_.end()) {
    block = Present(entry->second);
    if (in_layers) {
      entry->second.owner = kGoneOwner;
    } else {
      own_.erase(entry);
    }
  } else if (in_layers) {
    block = FindInLayers(address);
    own_[address].owner = kGoneOwner;
  }
  return block;
}

LiveBlocks LiveBlocks::Fork() {
  if (!own_.empty()) {
    layers_.push_back(std::make_shared<const Map>(std::move(own_)));
    own_ = {};
    MergeLayers();
  }
  LiveBlocks child;
  child.layers_ = layers_;
  return child;
}

void LiveBlocks::MergeLayers() {
  while (layers_.size() >= 2) {
    const Map& newer = *layers_.back();
    const Map& older = *layers_[layers_.size() - 2];
    if (older.size() > kLayerGrowth * newer.size()) return;
    const bool to_bottom = layers_.size() == 2;
    Map merged = older;
    for (const auto& [address, block] : newer) {
      if (to_bottom && block.owner == kGoneOwner) {
        merged.erase(address);
      } else {
        merged.insert_or_assign(address, block);
      }
    }
    layers_.pop_back();
    layers_.back() = std::make_shared<const Map>(std::move(merged));
  }
}

}  // namespace heimdallr::analysis
