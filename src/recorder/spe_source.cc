#include "recorder/spe_source.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "perf/spe_decoder.h"
#include "recorder/loss_ledger.h"

namespace heimdallr::recorder {
namespace {

constexpr std::size_t kRingBytes = 64U << 10;  // for records that tell of pieces, at most 64 bytes

// Samples that belong to nobody: the area was full, or a sample began while the last was open.
constexpr std::uint64_t kGapFlags = PERF_AUX_FLAG_TRUNCATED | PERF_AUX_FLAG_COLLISION;

}  // namespace

SpeSource::SpeSource(perf::PerfRing ring, perf::AuxArea area)
    : ring_(std::move(ring)), area_(std::move(area)) {}

absl::StatusOr<SpeSource> SpeSource::Make(perf::Event first, const perf::System& system) {
  const std::string what = fmt::format("AUX ring of CPU {}", first.target().cpu);
  ASSIGN_OR_RETURN(perf::PerfRing ring, perf::PerfRing::Map(first.fd(), kRingBytes, what, system));
  ASSIGN_OR_RETURN(
      perf::AuxArea area,
      perf::AuxArea::Map(first.fd(), ring, kAreaBytes,
                         fmt::format("AUX area of CPU {}", first.target().cpu), system));
  SpeSource source(std::move(ring), std::move(area));
  source.decoder_.Add(first.id(), perf::LayoutOf(first.description()));
  source.events_.push_back(std::move(first));
  return source;
}

absl::Status SpeSource::Add(perf::Event event) {
  RETURN_IF_ERROR(event.RedirectTo(events_.front()));
  decoder_.Add(event.id(), perf::LayoutOf(event.description()));
  events_.push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status SpeSource::Enable() {
  absl::Status status;
  for (perf::Event& event : events_) status.Update(event.Enable());
  return status;
}

absl::Status SpeSource::Disable() {
  absl::Status status;
  for (perf::Event& event : events_) status.Update(event.Disable());
  return status;
}

std::uint64_t SpeSource::PeriodOf(std::uint64_t event_id) const {
  const auto found = std::find_if(events_.begin(), events_.end(),
                                  [&](const perf::Event& event) { return event.id() == event_id; });
  return found == events_.end() ? 0 : found->description().rate.value;
}

void SpeSource::Read(const channel::ClockSync& counter, LossLedger& losses,
                     const std::function<void(perf::KernelRecord)>& sink) {
  while (true) {
    const auto raw = ring_.Peek();
    if (!raw.ok()) {
      losses.Count(LossKind::kCorruptRecord, 1);
      ring_.DiscardAll();
      return;
    }
    if (!*raw) return;
    auto record = decoder_.Decode(**raw);
    const std::uint32_t type = (*raw)->type;
    const std::uint16_t misc = (*raw)->misc;
    ring_.Consume();
    if (!record.ok()) {
      losses.Count(LossKind::kCorruptRecord, 1);
    } else if (const auto* told = std::get_if<perf::AuxRecord>(&*record)) {
      ReadArea(*told, counter, losses, sink);
    } else if (type == PERF_RECORD_SWITCH) {
      OnSwitch(misc, perf::OriginOf(*record));
    } else if (type == PERF_RECORD_LOST) {
      // Of lost records the area has the samples still: CountUntil counts them.
      ran_.clear();
    } else if (type != PERF_RECORD_ITRACE_START) {  // which says nothing about samples
      sink(*std::move(record));
    }
  }
}

void SpeSource::OnSwitch(std::uint16_t misc, const perf::Origin& origin) {
  const bool leaves = (misc & PERF_RECORD_MISC_SWITCH_OUT) != 0;
  // The first to leave was there before anything was told.
  if (leaves && !ran_.empty()) return;
  ran_.push_back({.time_ns = leaves ? 0 : origin.time_ns, .pid = origin.pid, .tid = origin.tid});
}

// A piece is of the thread that ran at its end, or of several: where all events of two threads were
// inherited from one, the kernel lets them run on from one thread to the next
// (perf_event_context_sched_out).
void SpeSource::SetThread(perf::SampleRecord& sample) const {
  const auto next = std::upper_bound(
      ran_.begin(), ran_.end(), sample.origin.time_ns,
      [](std::uint64_t time_ns, const Running& running) { return time_ns < running.time_ns; });
  if (next == ran_.begin()) return;
  sample.origin.pid = std::prev(next)->pid;
  sample.origin.tid = std::prev(next)->tid;
}

void SpeSource::ReadArea(const perf::AuxRecord& told, const channel::ClockSync& counter,
                         LossLedger& losses, const std::function<void(perf::KernelRecord)>& sink) {
  if ((told.flags & kGapFlags) != 0) losses.Count(LossKind::kAuxGap, 1);
  CountUntil(told.offset, losses);
  read_until_ = told.offset + told.size;
  const std::uint64_t period = PeriodOf(told.origin.event_id);
  const auto bytes = area_.Read(told.offset, told.size);
  perf::SpeCounts counts;
  if (bytes) {
    counts = perf::DecodeSpe(*bytes, [&](const perf::SpeRecord& record) {
      perf::SampleRecord sample = perf::ToSample(record);
      sample.origin = told.origin;
      sample.period = period;
      if (record.timestamp != 0) {
        sample.origin.time_ns =
            std::min(told.origin.time_ns, counter.ToMonotonicNs(record.timestamp));
        SetThread(sample);
      }
      sink(std::move(sample));
    });
  }
  if (!bytes || counts.bad_bytes != 0) losses.Count(LossKind::kCorruptRecord, 1);
  area_.ConsumeUntil(read_until_);
  if (ran_.size() > 1) ran_.erase(ran_.begin(), std::prev(ran_.end()));
  // The kernel has switched the event off (perf_aux_output_end), and there is room again.
  if ((told.flags & PERF_AUX_FLAG_TRUNCATED) != 0) Enable().IgnoreError();
}

// Whose they are nobody can tell.
void SpeSource::CountUntil(std::uint64_t offset, LossLedger& losses) {
  if (offset == read_until_) return;
  const auto bytes = area_.Read(read_until_, offset - read_until_);
  if (!bytes) {
    losses.Count(LossKind::kCorruptRecord, 1);
    return;
  }
  const perf::SpeCounts counts = perf::DecodeSpe(*bytes, [](const perf::SpeRecord&) {});
  if (counts.records != 0) losses.Count(LossKind::kSamplesLost, counts.records);
}

void SpeSource::CountUntold(LossLedger& losses) {
  const std::uint64_t head = area_.head();
  CountUntil(head, losses);
  read_until_ = head;
}

}  // namespace heimdallr::recorder
