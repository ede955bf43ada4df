// Where allocations come from.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/code_place.h"
#include "analysis/module_map.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// Return addresses of a recorded stack, innermost first.
using StackLookup = std::function<std::span<const std::uint64_t>(std::uint32_t)>;

/// The calls of the record's stack, or its caller alone; at least one, innermost first. `stack` may
/// be empty.
[[nodiscard]] std::vector<CodePlace> ChainOf(const AllocationRecord& record,
                                             const ModuleMap& modules, const StackLookup& stack);

/// Numbers the chains of allocation records. Memory is that of CallChains. Not thread-safe.
class AllocationChains {
 public:
  /// `modules` is fed by the caller with the same records, and outlives it.
  AllocationChains(const ModuleMap& modules, StackLookup stack)
      : modules_(modules), stack_(std::move(stack)) {}

  /// The same address is other code in another image.
  void Add(const ProcessRecord& record) {
    if (record.event != ProcessEvent::kAttach) known_.erase(record.pid);
  }

  [[nodiscard]] std::uint32_t IdOf(const AllocationRecord& record);

  [[nodiscard]] const CallChains& chains() const { return chains_; }

 private:
  // Stack and, where there is none, caller.
  using Key = std::pair<std::uint32_t, std::uint64_t>;
  // So many are kept; then they are found anew.
  static constexpr std::size_t kMostKnown = 1 << 16;

  const ModuleMap& modules_;
  StackLookup stack_;
  // By pid, of the image it executes now.
  absl::flat_hash_map<std::int32_t, absl::flat_hash_map<Key, std::uint32_t>> known_;
  std::size_t known_entries_ = 0;  // since they were last dropped
  CallChains chains_;
};

}  // namespace heimdallr::analysis
