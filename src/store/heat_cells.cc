#include "store/heat_cells.h"

#include <algorithm>
#include <bit>

namespace heimdallr::store {

HeatCells::HeatCells(std::uint64_t page_bytes)
    : page_shift_(static_cast<unsigned>(
          std::bit_width(std::clamp<std::uint64_t>(page_bytes, 2, 1 << 30) - 1))) {}

HeatCells::Cell* HeatCells::Find(const AccessRecord& record) {
  if (cells_.size() >= kMost && !cells_.contains(KeyOf(record))) Coarsen();
  last_key_ = KeyOf(record);
  last_time_ = std::max(last_time_, last_key_.time);
  last_ = &cells_[last_key_];
  return last_;
}

void HeatCells::Coarsen() {
  while (cells_.size() > kMost / 2) {
    const bool can_be_higher = page_shift_ < kMostShift;
    const bool can_be_longer = time_shift_ < kMostShift;
    const bool longer = can_be_longer && (last_time_ >= kTimeSteps || !can_be_higher);
    const bool higher = !longer && can_be_higher;
    one_process_ = !longer && !higher;
    Cells coarse;
    for (const auto& [key, cell] : cells_) {
      Cell& sum = coarse[{one_process_ ? 0 : key.pid, higher ? key.page >> 1 : key.page,
                          longer ? key.time >> 1 : key.time}];
      sum.loads += cell.loads;
      sum.stores += cell.stores;
      sum.unknown += cell.unknown;
    }
    cells_ = std::move(coarse);
    page_shift_ += higher ? 1 : 0;
    time_shift_ += longer ? 1 : 0;
    if (longer) last_time_ >>= 1;
  }
  last_ = nullptr;
}

}  // namespace heimdallr::store
