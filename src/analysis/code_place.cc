#include "analysis/code_place.h"

namespace heimdallr::analysis {

std::uint32_t CallChains::IdOf(std::span<const CodePlace> chain) {
  wanted_.clear();
  for (const CodePlace& place : chain) {
    const auto [entry, is_new] =
        place_numbers_.try_emplace(place, static_cast<std::uint32_t>(places_.size()));
    if (is_new) places_.push_back(place);
    wanted_.push_back(entry->second);
  }
  const auto known = ids_.find(Frames(wanted_));
  if (known != ids_.end()) return *known;
  const bool full = size() >= kMostChains || frames_.size() + chain.size() > kMostFrames;
  if (full && chain.size() > 1) return IdOf(chain.first(1));
  const auto id = static_cast<std::uint32_t>(size());
  frames_.insert(frames_.end(), wanted_.begin(), wanted_.end());
  starts_.push_back(static_cast<std::uint32_t>(frames_.size()));
  ids_.insert(id);
  return id;
}

std::vector<CodePlace> CallChains::chain(std::uint32_t id) const {
  std::vector<CodePlace> places;
  for (const std::uint32_t number : frames(id)) places.push_back(places_[number]);
  return places;
}

}  // namespace heimdallr::analysis
