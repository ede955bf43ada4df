// Where allocations come from.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/code_place.h"
#include "analysis/module_map.h"
#include "analysis/record_source.h"
#include "export/named_places.h"
#include "heimdallr/records.h"

namespace heimdallr::exports {

/// Numbers call chains from 0, equal ones once. Memory grows with the different chains, and
/// the stacks of live processes. Not thread-safe.
class AllocationChains {
 public:
  /// What is borrowed outlives it; `modules` is fed by the caller with the same records.
  AllocationChains(const analysis::RecordSource& source, const analysis::ModuleMap& modules,
                   NamedPlaces& places)
      : source_(source), modules_(modules), places_(places) {}

  /// The same address is other code in another image.
  void Add(const ProcessRecord& record) {
    if (record.event != ProcessEvent::kAttach) known_.erase(record.pid);
  }

  /// The record's stack, or its caller alone.
  [[nodiscard]] std::uint32_t IdOf(const AllocationRecord& record);

  /// Numbers of the places, innermost first; at least one. The calls, not where they return to.
  [[nodiscard]] std::span<const std::uint32_t> chain(std::uint32_t id) const { return chains_[id]; }
  [[nodiscard]] std::vector<analysis::CodePlace> PlacesOf(std::uint32_t id) const;
  [[nodiscard]] std::size_t size() const { return chains_.size(); }

 private:
  // Stack and, where there is none, caller.
  using Key = std::pair<std::uint32_t, std::uint64_t>;
  using Chain = std::vector<std::uint32_t>;

  [[nodiscard]] Chain ChainOf(const AllocationRecord& record);

  const analysis::RecordSource& source_;
  const analysis::ModuleMap& modules_;
  NamedPlaces& places_;
  // By pid, of the image it executes now.
  absl::flat_hash_map<std::int32_t, absl::flat_hash_map<Key, std::uint32_t>> known_;
  absl::flat_hash_map<Chain, std::uint32_t> ids_;
  std::vector<Chain> chains_;
};

}  // namespace heimdallr::exports
