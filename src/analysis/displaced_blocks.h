// Frees that are stamped after the allocation that got their block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heimdallr::analysis {

/// Time stamp counters are read without serialisation: a free may be stamped a little later than
/// the allocation, by another thread, that got its block. That free must not take the new block.
class DisplacedBlocks {
 public:
  /// A block of this image was replaced by another at its address without a free.
  void Note(std::uint64_t address, std::uint32_t image, std::uint64_t time_ns) {
    if (displaced_.size() == kKept) displaced_.erase(displaced_.begin());
    displaced_.push_back({address, time_ns, image});
  }

  /// Whether this free is that of a block noted; it is then forgotten.
  bool Take(std::uint64_t address, std::uint32_t image, std::uint64_t time_ns) {
    if (displaced_.empty()) return false;
    std::erase_if(displaced_, [&](const Displaced& d) { return d.time_ns + kReorderNs < time_ns; });
    const auto found = std::find_if(displaced_.begin(), displaced_.end(), [&](const Displaced& d) {
      return d.address == address && d.image == image;
    });
    if (found == displaced_.end()) return false;
    displaced_.erase(found);
    return true;
  }

 private:
  static constexpr std::uint64_t kReorderNs = 1000;
  static constexpr std::size_t kKept = 64;

  struct Displaced {
    std::uint64_t address = 0;
    std::uint64_t time_ns = 0;
    std::uint32_t image = 0;
  };
  std::vector<Displaced> displaced_;
};

}  // namespace heimdallr::analysis
