#include "export/named_chains.h"

namespace heimdallr::exports {

std::span<const std::uint32_t> NamedChains::operator[](std::uint32_t chain) {
  chain_.clear();
  for (const std::uint32_t place : chains_.frames(chain)) {
    if (named_.size() <= place) named_.resize(place + std::size_t{1}, kUnnamed);
    if (named_[place] == kUnnamed) named_[place] = places_.IdOf(chains_.place(place));
    chain_.push_back(named_[place]);
  }
  return chain_;
}

}  // namespace heimdallr::exports
