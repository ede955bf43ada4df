#include <cstdint>
#include <string>
#include <vector>

#include "analysis/names.h"
#include "base/printable.h"
#include "cli/append.h"
#include "cli/plain_text.h"
#include "cli/record_context.h"
#include "cli/summary_text.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using analysis::LossEffect;
using analysis::LossTotal;

bool IsStreamOfTicks(const TraceHeader& header, std::uint8_t id) {
  for (const StreamInfo& stream : header.streams) {
    if (stream.id == id) return stream.source == SourceKind::kClock;
  }
  return false;
}

// What a tick could not give stands with its stream; here stands what has no such stream.
bool BelongsHere(const TraceSummary& summary, const LossTotal& loss) {
  switch (analysis::EffectOf(loss.kind)) {
    case LossEffect::kMissing:
      return true;
    case LossEffect::kNoAddress:
    case LossEffect::kFewer:
      return !IsStreamOfTicks(summary.header, loss.stream);
    case LossEffect::kWaited:
      break;
  }
  return false;
}

void AppendRecorder(const TraceSummary& summary, fmt::memory_buffer& out) {
  for (const LossTotal& loss : summary.statistics->losses().totals()) {
    if (analysis::EffectOf(loss.kind) != LossEffect::kWaited) continue;
    Append(out, "WAITS       {} {}, {} in all; nothing was lost by it\n", Grouped(loss.count),
           analysis::Meaning(loss.kind), Duration(loss.duration_ns));
  }
  if (summary.header.origin == TraceOrigin::kImported) return;
  if (!summary.recorder) {
    Append(out, "RECORDER    its figures are not in the trace\n");
    return;
  }
  const RecorderStatistics& r = *summary.recorder;
  const auto cpu_ns = static_cast<double>(r.user_ns + r.system_ns);
  Append(out, "RECORDER    {} of CPU time, {} of one processor during {}; it took in {} and {}\n",
         Duration(r.user_ns + r.system_ns), Percent(cpu_ns, static_cast<double>(r.wall_ns)),
         Duration(r.wall_ns), Count(r.ticks, "sample", "samples"),
         Count(r.channel_events, "allocation event", "allocation events"));
}

}  // namespace

void AppendLossText(const TraceSummary& summary, fmt::memory_buffer& out) {
  const std::vector<std::string> streams = StreamNames(summary.header);
  using enum Align;
  TextTable table({kRight, kLeft});
  bool any = false;
  for (const LossTotal& loss : summary.statistics->losses().totals()) {
    if (!BelongsHere(summary, loss)) continue;
    any = true;
    std::string meaning(analysis::Meaning(loss.kind));
    if (loss.stream != 0) meaning += fmt::format(" [{}]", base::Printable(streams[loss.stream]));
    table.AddRow({Grouped(loss.count), std::move(meaning)});
  }
  if (summary.extent.late_records != 0) {
    any = true;
    table.AddRow({Grouped(summary.extent.late_records), "records are out of the order of time"});
  }
  if (summary.extent.unknown_chunks != 0) {
    any = true;
    table.AddRow({Grouped(summary.extent.unknown_chunks),
                  "chunks of a newer format were skipped: read them by a newer trace-dump"});
  }
  Append(out, "\nLOST{}\n", any ? "" : "        nothing");
  table.AppendTo(out, 2);
  AppendRecorder(summary, out);
  if (summary.defect) Append(out, "\nNOT WHOLE   {}\n", *summary.defect);
}

}  // namespace heimdallr::cli
