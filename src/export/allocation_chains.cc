#include "export/allocation_chains.h"

namespace heimdallr::exports {

AllocationChains::Chain AllocationChains::ChainOf(const AllocationRecord& record) {
  Chain chain;
  const auto add = [&](std::uint64_t address) {
    chain.push_back(places_.IdOf(analysis::CallPlaceOf(modules_, record.pid, address)));
  };
  if (record.stack != 0) {
    for (const std::uint64_t address : source_.Stack(record.stack)) add(address);
  }
  if (chain.empty()) add(record.caller);
  return chain;
}

std::uint32_t AllocationChains::IdOf(const AllocationRecord& record) {
  const Key key{record.stack, record.stack == 0 ? record.caller : 0};
  auto& known = known_[record.pid];
  if (const auto found = known.find(key); found != known.end()) return found->second;
  const auto [entry, is_new] =
      ids_.try_emplace(ChainOf(record), static_cast<std::uint32_t>(chains_.size()));
  if (is_new) chains_.push_back(entry->first);
  known.emplace(key, entry->second);
  return entry->second;
}

std::vector<analysis::CodePlace> AllocationChains::PlacesOf(std::uint32_t id) const {
  std::vector<analysis::CodePlace> places;
  for (const std::uint32_t place : chains_[id]) places.push_back(places_[place].place);
  return places;
}

}  // namespace heimdallr::exports
