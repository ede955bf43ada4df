// How much each memory that a recording names has served.
#pragma once

#include <array>
#include <cstdint>

#include "analysis/names.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

struct ServedAmount {
  std::uint64_t blocks = 0;  ///< of the heap: malloc, new and their kin
  std::uint64_t bytes = 0;   ///< asked for by these calls
};

/// Counts heap blocks by the memory they came from. Not thread-safe.
class ServedMemory {
 public:
  void Add(const AllocationRecord& record) {
    const bool gives = record.event == AllocationEvent::kAllocate && record.address != 0;
    if (!gives || MapsMemory(record.call)) return;
    ServedAmount& amount = amounts_[record.memory];
    ++amount.blocks;
    amount.bytes += record.size;
  }

  /// By AllocationRecord::memory.
  [[nodiscard]] const ServedAmount& Of(std::uint8_t memory) const { return amounts_[memory]; }

 private:
  std::array<ServedAmount, 256> amounts_{};
};

}  // namespace heimdallr::analysis
