// Which code makes the accesses.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_quantities.h"
#include "analysis/code_place.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// Sums accesses and page faults by instruction. Memory grows with the instructions that access.
/// Not thread-safe.
class CodeStatistics {
 public:
  struct Instruction {
    CodePlace place;
    AccessQuantities quantities;
  };

  /// Return the index into `instructions`.
  std::uint32_t Add(const CodePlace& place, const AccessRecord& record, const AccessShare& share) {
    const std::uint32_t id = IdOf(place);
    instructions_[id].quantities.Add(record, share);
    return id;
  }
  std::uint32_t Add(const CodePlace& place, const FaultRecord& record) {
    const std::uint32_t id = IdOf(place);
    instructions_[id].quantities.Add(record);
    return id;
  }

  [[nodiscard]] const std::vector<Instruction>& instructions() const { return instructions_; }

 private:
  std::uint32_t IdOf(const CodePlace& place) {
    const auto [entry, is_new] =
        ids_.try_emplace(place, static_cast<std::uint32_t>(instructions_.size()));
    if (is_new) instructions_.push_back({.place = place});
    return entry->second;
  }

  std::vector<Instruction> instructions_;
  absl::flat_hash_map<CodePlace, std::uint32_t> ids_;
};

}  // namespace heimdallr::analysis
