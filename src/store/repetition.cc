#include "store/repetition.h"

#include <numeric>

#include "analysis/names.h"

namespace heimdallr::store {

std::uint64_t Figures::all_records() const {
  return std::accumulate(records.begin(), records.end(), std::uint64_t{0});
}

bool Repetition::HasMoreThan(const Repetition& other) const {
  if (complete() != other.complete()) return complete();
  return !complete() && extent.good_bytes > other.extent.good_bytes;
}

// Of several, the best source wins; a process id may be used again, so then the first does.
void FigureCounter::Keep(const StatisticsRecord& record) {
  if (record.pid != pid_) return;
  if (!figures_.process || record.source < figures_.process->source) figures_.process = record;
}

Figures FigureCounter::figures() const {
  Figures figures = figures_;
  figures.losses = losses_.totals();
  for (const MemoryInfo& memory : memories_) figures.memories.push_back(served_.Of(memory.id));
  for (const StreamInfo& info : streams_) {
    const analysis::StreamStatistics& sums = accesses_.stream(info.id);
    StreamFigures stream{.loads = sums.accesses(AccessKind::kLoad),
                         .stores = sums.accesses(AccessKind::kStore),
                         .load_stores = sums.accesses(AccessKind::kLoadStore),
                         .unknown = sums.accesses(AccessKind::kUnknown),
                         .direct = sums.direct_accesses(),
                         .ticks_with_access = sums.ticks_with_access,
                         .faults = sums.faults,
                         .shortest_period = sums.shortest_period,
                         .longest_period = sums.longest_period};
    for (const analysis::LossTotal& loss : figures.losses) {
      const bool no_address = analysis::EffectOf(loss.kind) == analysis::LossEffect::kNoAddress;
      if (loss.stream == info.id && no_address) stream.ticks_without_access += loss.count;
    }
    figures.streams.push_back(stream);
  }
  return figures;
}

}  // namespace heimdallr::store
