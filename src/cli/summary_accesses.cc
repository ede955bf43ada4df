#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "analysis/names.h"
#include "base/printable.h"
#include "cli/append.h"
#include "cli/plain_text.h"
#include "cli/summary_text.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using analysis::StreamStatistics;

// The governor may have chosen other periods than the one that was asked for.
std::string ClockRate(const StreamInfo& stream, const StreamStatistics& s) {
  const std::uint64_t first = s.shortest_period == 0 ? stream.period : s.shortest_period;
  const std::uint64_t last = std::max(first, s.longest_period);
  if (first == last) return fmt::format("{} of CPU time", Duration(first));
  return fmt::format("{} to {} of CPU time", Duration(first), Duration(last));
}

std::string Rate(const StreamInfo& stream, const StreamStatistics& s) {
  std::string rate;
  if (stream.source == SourceKind::kClock) {
    rate = ClockRate(stream, s);
  } else if (stream.frequency_hz == 0 || stream.period > 1) {
    rate = Count(stream.period, "event", "events");
  } else {
    rate = fmt::format("{} Hz", stream.frequency_hz);
  }
  if (stream.minimum_latency_cycles != 0) {
    rate += fmt::format(", latency >= {} cycles", stream.minimum_latency_cycles);
  }
  if (stream.may_batch) rate += ", many at a time";
  return rate;
}

std::string Share(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{} ({})", Grouped(part),
                     Percent(static_cast<double>(part), static_cast<double>(whole)));
}

void AppendStreams(const TraceSummary& summary, fmt::memory_buffer& out) {
  using enum Align;
  TextTable table({kLeft, kLeft, kLeft, kRight, kRight, kRight, kRight, kRight, kRight});
  table.AddRow({"stream", "event", "sampled every", "accesses", "loads", "stores", "load+store",
                "direct", "replayed"});
  for (const StreamInfo& info : summary.header.streams) {
    if (info.source == SourceKind::kFaults) continue;
    const StreamStatistics& s = summary.statistics->accesses().stream(info.id);
    const std::uint64_t all = s.accesses();
    table.AddRow({base::Printable(info.name), base::Printable(info.event), Rate(info, s),
                  Grouped(all), Share(s.accesses(AccessKind::kLoad), all),
                  Share(s.accesses(AccessKind::kStore), all),
                  Share(s.accesses(AccessKind::kLoadStore), all), Grouped(s.direct_accesses()),
                  Grouped(all - s.direct_accesses())});
  }
  table.AppendTo(out, 2);
}

// The losses of one stream that have this effect, one a line; returns their sum.
std::uint64_t AddLosses(const TraceSummary& summary, std::uint8_t stream,
                        analysis::LossEffect effect, TextTable& table) {
  std::uint64_t sum = 0;
  for (const analysis::LossTotal& loss : summary.statistics->losses().totals()) {
    if (loss.stream != stream || analysis::EffectOf(loss.kind) != effect) continue;
    table.AddRow({Grouped(loss.count), std::string(analysis::Meaning(loss.kind))});
    sum += loss.count;
  }
  return sum;
}

// What the shares mean. A record counts ticks; its weight turns that into executions. The two are
// never mixed.
void AppendMeaning(const StreamStatistics& s, fmt::memory_buffer& out) {
  if (s.accesses() == s.direct_accesses()) {
    Append(out,
           "  A tick gives the access of the instruction that was executing at that moment: the\n"
           "  shares above are of the sampled CPU time, not of the number of accesses executed.\n");
    return;
  }
  std::array<double, StreamStatistics::kKinds> estimates{};
  double all = 0;
  for (std::size_t kind = 0; kind < estimates.size(); ++kind) {
    estimates[kind] = s.direct[kind].estimate + s.replayed[kind].estimate;
    all += estimates[kind];
  }
  const auto share = [&](AccessKind kind) {
    return Percent(estimates[static_cast<std::size_t>(kind)], all);
  };
  Append(out,
         "  A tick gives the accesses of the block of code that was executing at that moment: the\n"
         "  shares above are of sampled accesses, which are most where most CPU time goes.\n"
         "  Weighed by the runs of its block that a tick stands for, the accesses executed are\n"
         "  estimated to be {} loads, {} stores and {} both in one.\n",
         share(AccessKind::kLoad), share(AccessKind::kStore), share(AccessKind::kLoadStore));
}

void AppendTicks(const TraceSummary& summary, const StreamInfo& info, fmt::memory_buffer& out) {
  const StreamStatistics& s = summary.statistics->accesses().stream(info.id);
  using enum Align;
  TextTable without({kRight, kLeft});
  const std::uint64_t ticks =
      s.ticks_with_access + AddLosses(summary, info.id, analysis::LossEffect::kNoAddress, without);
  Append(out, "  {}: {}; {} gave accesses{}\n", base::Printable(info.name),
         Count(ticks, "tick", "ticks"), Share(s.ticks_with_access, ticks),
         ticks == s.ticks_with_access ? "" : ", the others fell");
  without.AppendTo(out, 4);
  TextTable fewer({kRight, kLeft});
  if (const std::uint64_t operands =
          AddLosses(summary, info.id, analysis::LossEffect::kFewer, fewer)) {
    Append(out, "  Further accesses of the same ticks whose address is not known: {}\n",
           Grouped(operands));
    fewer.AppendTo(out, 4);
  }
  AppendMeaning(s, out);
}

void AppendLatency(const StreamInfo& info, const StreamStatistics& s, fmt::memory_buffer& out) {
  if (s.latency_records == 0) return;
  Append(out, "  {}: mean latency {:.1f} cycles, of {}\n", base::Printable(info.name),
         static_cast<double>(s.latency_cycles) / static_cast<double>(s.latency_records),
         Count(s.latency_records, "access", "accesses"));
}

bool IsFaults(const StreamInfo& info) { return info.source == SourceKind::kFaults; }

void AppendFaults(const TraceSummary& summary, fmt::memory_buffer& out) {
  for (const StreamInfo& info : summary.header.streams) {
    if (!IsFaults(info)) continue;
    Append(out,
           "\nPAGE FAULTS {}: first touches of a page, or pages brought back ({}, every one)\n",
           Grouped(summary.statistics->accesses().stream(info.id).faults),
           base::Printable(info.event));
  }
}

}  // namespace

void AppendAccessText(const TraceSummary& summary, fmt::memory_buffer& out) {
  std::uint64_t accesses = 0;
  std::size_t streams = 0;
  for (const StreamInfo& info : summary.header.streams) {
    if (IsFaults(info)) continue;
    ++streams;
    accesses += summary.statistics->accesses().stream(info.id).accesses();
  }
  if (streams == 0) {
    Append(out, "\nACCESSES    not sampled\n");
  } else {
    Append(out, "\nACCESSES    {} sampled\n", Grouped(accesses));
    AppendStreams(summary, out);
    for (const StreamInfo& info : summary.header.streams) {
      if (IsFaults(info)) continue;
      const StreamStatistics& s = summary.statistics->accesses().stream(info.id);
      if (info.source == SourceKind::kClock) AppendTicks(summary, info, out);
      AppendLatency(info, s, out);
    }
  }
  AppendFaults(summary, out);
}

}  // namespace heimdallr::cli
