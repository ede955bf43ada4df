#include "report/run_ledger.h"

#include <algorithm>
#include <tuple>
#include <variant>

#include "analysis/names.h"

namespace heimdallr::report {
namespace {

// Weightier losses first.
bool Weightier(const LossRecord& a, const LossRecord& b) {
  const auto weight = [](const LossRecord& loss) {
    const bool missing = analysis::EffectOf(loss.kind) == analysis::LossEffect::kMissing;
    return std::tuple(missing, loss.duration_ns, loss.count);
  };
  return weight(a) > weight(b);
}

void KeepWeightiest(std::vector<LossRecord>& losses, std::size_t most) {
  if (losses.size() <= most) return;
  const auto end = losses.begin() + static_cast<std::ptrdiff_t>(most);
  std::nth_element(losses.begin(), end, losses.end(), Weightier);
  losses.erase(end, losses.end());
}

}  // namespace

void RunLedger::Add(const Record& record) {
  ++records_;
  std::visit(
      [this](const auto& r) {
        end_ns_ = std::max(end_ns_, r.time_ns);
        On(r);
      },
      record);
}

void RunLedger::On(const ThreadRecord& record) {
  processes_.Add(record);
  if (record.event == ThreadEvent::kName) {
    threads_.SetName(processes_.Of(record.pid, record.time_ns), record.tid, record.name);
  }
}

void RunLedger::On(const LossRecord& record) {
  losses_.Add(record);
  stalls_.push_back(record);
  if (stalls_.size() >= 2 * kMostStalls) KeepWeightiest(stalls_, kMostStalls);
}

void RunLedger::On(const PeriodRecord& record) {
  periods_.push_back(record);
  if (periods_.size() < kMostPeriods) return;
  // Every second one is enough for a curve.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < periods_.size(); i += 2) periods_[kept++] = periods_[i];
  periods_.resize(kept);
}

std::vector<LossRecord> RunLedger::Stalls() const {
  std::vector<LossRecord> stalls = stalls_;
  KeepWeightiest(stalls, kMostStalls);
  std::sort(stalls.begin(), stalls.end(),
            [](const LossRecord& a, const LossRecord& b) { return a.time_ns < b.time_ns; });
  return stalls;
}

}  // namespace heimdallr::report
