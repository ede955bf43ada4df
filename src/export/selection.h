// Which part of a recording is exported.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "heimdallr/records.h"

namespace heimdallr::exports {

/// Half-open.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool Contains(std::uint64_t value) const { return value >= begin && value < end; }
  /// Whether any of `size` bytes from `first` on is in it; a size of 0 counts as one byte.
  [[nodiscard]] bool Overlaps(std::uint64_t first, std::uint64_t size) const {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t more = size == 0 ? 0 : size - 1;
    const std::uint64_t last = more > kMax - first ? kMax : first + more;
    return first < end && last >= begin;
  }
};

/// Conditions that must all hold; by default everything is selected.
struct Selection {
  Range time_ns;
  Range address;
  std::optional<std::int32_t> pid;

  [[nodiscard]] bool OfProcess(std::int32_t wanted) const { return !pid || *pid == wanted; }
  [[nodiscard]] bool Accepts(const AccessRecord& record) const {
    return time_ns.Contains(record.time_ns) && OfProcess(record.pid) &&
           address.Overlaps(record.address, record.size);
  }
  [[nodiscard]] bool Accepts(const FaultRecord& record) const {
    return time_ns.Contains(record.time_ns) && OfProcess(record.pid) &&
           address.Contains(record.address);
  }
};

}  // namespace heimdallr::exports
