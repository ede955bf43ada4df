// Places in code, and lists of them.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/module_map.h"

namespace heimdallr::analysis {

/// A place that means the same for the whole trace.
struct CodePlace {
  std::uint32_t module = 0;  ///< `ModuleMap::module`; 0 = not in a file
  std::int32_t pid = 0;      ///< whose code, when in no file; else 0
  std::uint64_t offset = 0;  ///< bytes into the module's file; the address when in no file

  friend bool operator==(const CodePlace&, const CodePlace&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CodePlace& place) {
    return H::combine(std::move(h), place.module, place.pid, place.offset);
  }
};

/// Where `address` lies in the code of process `pid` now.
[[nodiscard]] inline CodePlace PlaceOf(const ModuleMap& modules, std::int32_t pid,
                                       std::uint64_t address) {
  const CodeLocation location = modules.Find(pid, address);
  return {location.module, location.module == 0 ? pid : 0, location.offset};
}

/// The call that returns to `return_address`: the byte before belongs to it, and that byte is what
/// Symbols name it by.
[[nodiscard]] inline CodePlace CallPlaceOf(const ModuleMap& modules, std::int32_t pid,
                                           std::uint64_t return_address) {
  return PlaceOf(modules, pid, return_address == 0 ? 0 : return_address - 1);
}

/// Call chains (innermost first), numbered from 0, equal ones once.
class CallChains {
 public:
  std::uint32_t IdOf(std::vector<CodePlace> chain) {
    const auto [entry, is_new] =
        ids_.try_emplace(std::move(chain), static_cast<std::uint32_t>(chains_.size()));
    if (is_new) chains_.push_back(entry->first);
    return entry->second;
  }

  [[nodiscard]] std::span<const CodePlace> chain(std::uint32_t id) const { return chains_[id]; }

 private:
  absl::flat_hash_map<std::vector<CodePlace>, std::uint32_t> ids_;
  std::vector<std::vector<CodePlace>> chains_;
};

}  // namespace heimdallr::analysis
