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
    const bool longer = last_time_ >= kTimeSteps || page_shift_ >= 40;
    Cells coarse;
    for (const auto& [key, cell] : cells_) {
      Cell& sum =
          coarse[{key.pid, longer ? key.page : key.page >> 1, longer ? key.time >> 1 : key.time}];
      sum.loads += cell.loads;
      sum.stores += cell.stores;
      sum.unknown += cell.unknown;
    }
    cells_ = std::move(coarse);
    if (longer) {
      ++time_shift_;
      last_time_ >>= 1;
    } else {
      ++page_shift_;
    }
  }
  last_ = nullptr;
}

}  // namespace heimdallr::store
