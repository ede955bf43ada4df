#include "analysis/loss_totals.h"

#include <algorithm>

#include "analysis/names.h"

namespace heimdallr::analysis {

void LossTotals::Add(const LossRecord& record) {
  if (record.count == 0) return;
  LossTotal& total = totals_[{record.kind, record.stream}];
  total.kind = record.kind;
  total.stream = record.stream;
  total.count += record.count;
  total.duration_ns += record.duration_ns;
}

std::vector<LossTotal> LossTotals::totals() const {
  std::vector<LossTotal> all;
  for (const auto& [key, total] : totals_) all.push_back(total);
  return all;
}

std::uint64_t LossTotals::count(LossKind kind) const {
  std::uint64_t sum = 0;
  for (const auto& [key, total] : totals_) {
    if (key.first == kind) sum += total.count;
  }
  return sum;
}

bool LossTotals::anything_missing() const {
  return std::any_of(totals_.begin(), totals_.end(), [](const auto& entry) {
    return EffectOf(entry.first.first) == LossEffect::kMissing;
  });
}

}  // namespace heimdallr::analysis
