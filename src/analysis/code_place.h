// Places in code, and lists of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

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

/// Call chains (innermost first), numbered from 0, equal ones once. Memory is bounded: with
/// kMostChains chains or kMostFrames frames in all, of new ones the innermost call alone is kept.
class CallChains {
 public:
  static constexpr std::size_t kMostChains = std::size_t{1} << 18;
  static constexpr std::size_t kMostFrames = std::size_t{8} << 20;

  CallChains() : ids_(0, Hash{this}, Equal{this}) {}
  CallChains(const CallChains&) = delete;
  CallChains& operator=(const CallChains&) = delete;

  std::uint32_t IdOf(std::span<const CodePlace> chain);

  [[nodiscard]] std::vector<CodePlace> chain(std::uint32_t id) const;
  /// The same as numbers of places.
  [[nodiscard]] std::span<const std::uint32_t> frames(std::uint32_t id) const {
    return std::span(frames_).subspan(starts_[id], starts_[id + 1] - starts_[id]);
  }
  [[nodiscard]] const CodePlace& place(std::uint32_t number) const { return places_[number]; }
  [[nodiscard]] std::size_t size() const { return starts_.size() - 1; }

 private:
  using Frames = std::span<const std::uint32_t>;
  // The set holds numbers of chains; what they stand for is looked up.
  struct Hash {
    using is_transparent = void;
    const CallChains* chains;
    std::size_t operator()(Frames frames) const {
      return std::hash<std::string_view>{}(
          {reinterpret_cast<const char*>(frames.data()), frames.size_bytes()});
    }
    std::size_t operator()(std::uint32_t id) const { return (*this)(chains->frames(id)); }
  };
  struct Equal {
    using is_transparent = void;
    const CallChains* chains;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(std::uint32_t id, Frames frames) const {
      return std::ranges::equal(chains->frames(id), frames);
    }
  };

  std::vector<CodePlace> places_;
  absl::flat_hash_map<CodePlace, std::uint32_t> place_numbers_;
  std::vector<std::uint32_t> frames_;     // of all chains, numbers of places
  std::vector<std::uint32_t> starts_{0};  // of each chain in frames_, and the end
  std::vector<std::uint32_t> wanted_;     // the chain that is looked for
  absl::flat_hash_set<std::uint32_t, Hash, Equal> ids_;
};

}  // namespace heimdallr::analysis
