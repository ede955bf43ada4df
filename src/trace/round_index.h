// The footer's index: where in the file which times are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heimdallr::trace {

/// One round, or several that follow each other.
struct RoundEntry {
  std::uint64_t offset = 0;  ///< of its first chunk
  std::uint64_t first_time_ns = ~std::uint64_t{0};
  std::uint64_t last_time_ns = 0;
  std::uint64_t records = 0;

  void Cover(std::uint64_t first_ns, std::uint64_t last_ns, std::uint64_t count) {
    first_time_ns = std::min(first_time_ns, first_ns);
    last_time_ns = std::max(last_time_ns, last_ns);
    records += count;
  }
};

/// At most kMaxEntries entries however long the recording: when full, neighbours are joined, and
/// from then on twice as many rounds make an entry.
class RoundIndex {
 public:
  static constexpr std::size_t kMaxEntries = 4096;

  void Add(const RoundEntry& round);
  [[nodiscard]] const std::vector<RoundEntry>& entries() const { return entries_; }

 private:
  std::vector<RoundEntry> entries_;
  std::uint64_t rounds_per_entry_ = 1;
  std::uint64_t rounds_in_last_ = 0;
};

}  // namespace heimdallr::trace
