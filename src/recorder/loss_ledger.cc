#include "recorder/loss_ledger.h"

#include "trace/trace_writer.h"

namespace heimdallr::recorder {

void LossLedger::Count(LossKind kind, std::uint64_t count, LossOrigin origin,
                       std::uint64_t duration_ns) {
  if (count == 0) return;
  Amount& open = open_[{kind, origin.pid, origin.tid, origin.stream}];
  open.count += count;
  open.duration_ns += duration_ns;
  totals_[static_cast<std::size_t>(kind)] += count;
  durations_ns_[static_cast<std::size_t>(kind)] += duration_ns;
}

void LossLedger::Flush(std::uint64_t time_ns, trace::TraceWriter& writer) {
  for (const auto& [key, amount] : open_) {
    const auto& [kind, pid, tid, stream] = key;
    writer.Add(LossRecord{.time_ns = time_ns,
                          .count = amount.count,
                          .duration_ns = amount.duration_ns,
                          .pid = pid,
                          .tid = tid,
                          .stream = stream,
                          .kind = kind});
  }
  open_.clear();
}

}  // namespace heimdallr::recorder
