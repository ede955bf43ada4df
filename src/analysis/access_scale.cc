#include "analysis/access_scale.h"

namespace heimdallr::analysis {

AccessScale::AccessScale(const TraceHeader& header) {
  bool any_hardware = false;
  bool any_clock = false;
  for (const StreamInfo& stream : header.streams) {
    streams_[stream.id] = {stream.source, stream.period};
    any_hardware |= stream.source == SourceKind::kPmu;
    any_clock |= stream.source == SourceKind::kClock;
  }
  if (any_clock && !any_hardware) unit_ = EstimateUnit::kAccessesPerNsOfCode;
}

AccessShare AccessScale::ShareOf(const AccessRecord& record, std::size_t records_of_tick) const {
  const Stream& stream = streams_[record.stream];
  std::uint64_t known_period = record.period != 0 ? record.period : stream.period;
  if (known_period == 0) known_period = 1;
  const auto period = static_cast<double>(known_period);
  const bool is_clock = stream.source == SourceKind::kClock;
  AccessShare share;
  if (!is_clock || unit_ == EstimateUnit::kAccessesPerNsOfCode) {
    share.estimate = static_cast<double>(record.weight) * period;
  }
  if (is_clock) share.time_ns = period / static_cast<double>(records_of_tick);
  return share;
}

}  // namespace heimdallr::analysis
