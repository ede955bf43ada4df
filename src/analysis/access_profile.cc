#include "analysis/access_profile.h"

#include <algorithm>
#include <variant>

#include "analysis/names.h"

namespace heimdallr::analysis {

void AccessProfile::Add(const Record& record) {
  std::visit(
      [this](const auto& r) {
        totals_.end_ns = std::max(totals_.end_ns, r.time_ns);
        On(r);
      },
      record);
}

void AccessProfile::On(const AccessRecord& record) {
  const bool same_tick = !tick_.empty() && record.tick != 0 && record.tick == tick_.front().tick &&
                         record.stream == tick_.front().stream;
  if (!same_tick) FlushTick();
  tick_.push_back(record);
}

void AccessProfile::On(const FaultRecord& record) {
  FlushTick();
  objects_.Add(record, code_.Add(PlaceOf(modules(), record.pid, record.ip), record));
  totals_.accesses.Add(record);
}

void AccessProfile::On(const LossRecord& record) {
  if (EffectOf(record.kind) == LossEffect::kNoAddress) totals_.ticks_without_access += record.count;
}

void AccessProfile::FlushTick() {
  if (tick_.empty()) return;
  ++totals_.ticks;
  for (const AccessRecord& record : tick_) {
    const AccessShare share = scale_.ShareOf(record, tick_.size());
    objects_.Add(record, share,
                 code_.Add(PlaceOf(modules(), record.pid, record.ip), record, share));
    totals_.accesses.Add(record, share);
  }
  tick_.clear();
}

void AccessProfile::Finish() {
  FlushTick();
  objects_.Finish();
}

}  // namespace heimdallr::analysis
