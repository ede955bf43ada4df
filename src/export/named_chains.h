// Call chains as numbers of named places.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/code_place.h"
#include "export/named_places.h"

namespace heimdallr::exports {

/// Names the places of a chain when it is asked for. Not thread-safe.
class NamedChains {
 public:
  /// What is borrowed outlives it.
  NamedChains(const analysis::CallChains& chains, NamedPlaces& places)
      : chains_(chains), places_(places) {}

  /// Numbers of NamedPlaces, innermost first; at least one. The calls, not where they return to.
  /// Valid until the next call.
  [[nodiscard]] std::span<const std::uint32_t> operator[](std::uint32_t chain);

 private:
  static constexpr std::uint32_t kUnnamed = 0xffffffff;

  const analysis::CallChains& chains_;
  NamedPlaces& places_;
  std::vector<std::uint32_t> named_;  // by place of the chains
  std::vector<std::uint32_t> chain_;
};

}  // namespace heimdallr::exports
