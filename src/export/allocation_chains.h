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

/// Numbers call chains from 0, equal ones once. Memory grows with the different stacks of each
/// image. Not thread-safe.
class AllocationChains {
 public:
  /// What is borrowed outlives it; `modules` is fed by the caller with the same records.
  AllocationChains(const analysis::RecordSource& source, const analysis::ModuleMap& modules,
                   NamedPlaces& places)
      : source_(source), modules_(modules), places_(places) {}

  /// The same address is other code in another image.
  void Add(const ProcessRecord& record) {
    if (record.event != ProcessEvent::kAttach) images_[record.pid] = ++last_image_;
  }

  /// The record's stack, or its caller alone.
  [[nodiscard]] std::uint32_t IdOf(const AllocationRecord& record);

  /// Numbers of the places, innermost first; at least one. The calls, not where they return to.
  [[nodiscard]] std::span<const std::uint32_t> chain(std::uint32_t id) const { return chains_[id]; }
  [[nodiscard]] std::vector<analysis::CodePlace> PlacesOf(std::uint32_t id) const;
  [[nodiscard]] std::size_t size() const { return chains_.size(); }

 private:
  struct Key {
    std::uint32_t image = 0;
    std::uint32_t stack = 0;
    std::uint64_t caller = 0;

    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.image, key.stack, key.caller);
    }
  };
  using Chain = std::vector<std::uint32_t>;

  [[nodiscard]] Chain ChainOf(const AllocationRecord& record);

  const analysis::RecordSource& source_;
  const analysis::ModuleMap& modules_;
  NamedPlaces& places_;
  absl::flat_hash_map<std::int32_t, std::uint32_t> images_;  // by pid
  std::uint32_t last_image_ = 0;
  absl::flat_hash_map<Key, std::uint32_t> known_;
  absl::flat_hash_map<Chain, std::uint32_t> ids_;
  std::vector<Chain> chains_;
};

}  // namespace heimdallr::exports
