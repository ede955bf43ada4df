#include "export/perfetto_tracks.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/printable.h"

namespace heimdallr::exports {
namespace {

// Track ids need only differ.
constexpr std::uint64_t kProcessTrack = std::uint64_t{1} << 40;
constexpr std::uint64_t kThreadTrack = std::uint64_t{2} << 40;
constexpr std::uint64_t kFirstCounterTrack = std::uint64_t{3} << 40;
constexpr std::uint64_t kFirstPeriodTrack = std::uint64_t{4} << 40;
constexpr std::uint64_t kCountersAProcess = 16;
static_assert(kCounterTracks <= kCountersAProcess);

constexpr std::uint32_t kUnitNs = 1;  // CounterDescriptor.Unit
constexpr std::uint32_t kUnitCount = 2;
constexpr std::uint32_t kUnitBytes = 3;
constexpr std::uint32_t kTypeInstant = 3;  // TrackEvent.Type
constexpr std::uint32_t kTypeCounter = 4;

struct CounterName {
  const char* name;
  std::uint32_t unit;
};
constexpr CounterName kCounters[kCounterTracks] = {
    {"heap", kUnitBytes},
    {"mapped by the program", kUnitBytes},
    {"sampled loads in 10 ms", kUnitCount},
    {"sampled stores in 10 ms", kUnitCount},
    {"page faults in 10 ms", kUnitCount},
    {"lost", kUnitCount},
};

std::uint64_t Unsigned(std::int32_t id) { return static_cast<std::uint32_t>(id); }

CounterName PeriodName(const TraceHeader& header, std::uint8_t stream, std::string& name) {
  const auto found = std::ranges::find(header.streams, stream, &StreamInfo::id);
  if (found == header.streams.end()) {
    name = fmt::format("sampling period of stream {}", stream);
    return {name.c_str(), kUnitCount};
  }
  const bool is_clock = found->source == SourceKind::kClock;
  name = fmt::format("sampling period of {} ({})",
                     base::Printable(found->name.empty() ? found->event : found->name),
                     is_clock ? "ns" : "events");
  return {name.c_str(), is_clock ? kUnitNs : kUnitCount};
}

}  // namespace

void PerfettoTracks::Note(const ProcessRecord& record) {
  if (record.event == ProcessEvent::kExit) return;
  std::string& name = process_names_[record.pid];
  if (!record.command.empty()) {
    name = base::Printable(record.command);
  } else if (record.event == ProcessEvent::kStart) {
    const auto parent = process_names_.find(record.parent_pid);
    if (parent != process_names_.end()) process_names_[record.pid] = std::string(parent->second);
  }
  DescribeProcess(record.pid);
}

void PerfettoTracks::Note(const ThreadRecord& record) {
  if (record.event == ThreadEvent::kName) thread_names_[record.tid] = base::Printable(record.name);
  if (record.event == ThreadEvent::kStart) thread_names_.erase(record.tid);
  if (record.event == ThreadEvent::kStart || record.event == ThreadEvent::kName) {
    DescribeThread(record.pid, record.tid);
  }
}

void PerfettoTracks::DescribeProcess(std::int32_t pid) {
  processes_.insert(pid);
  perfetto::TrackDescriptor& track = *packets_.Next().mutable_track_descriptor();
  track.set_uuid(kProcessTrack + Unsigned(pid));
  track.mutable_process()->set_pid(pid);
  track.mutable_process()->set_process_name(process_names_[pid]);
  if (pid != header_.pid) return;
  for (const std::string& word : header_.command_line) {
    track.mutable_process()->add_cmdline(base::Printable(word));
  }
}

void PerfettoTracks::DescribeThread(std::int32_t pid, std::int32_t tid) {
  if (!processes_.contains(pid)) DescribeProcess(pid);
  threads_.insert(tid);
  const auto name = thread_names_.find(tid);
  perfetto::TrackDescriptor& track = *packets_.Next().mutable_track_descriptor();
  track.set_uuid(kThreadTrack + Unsigned(tid));
  track.set_parent_uuid(kProcessTrack + Unsigned(pid));
  track.mutable_thread()->set_pid(pid);
  track.mutable_thread()->set_tid(tid);
  track.mutable_thread()->set_thread_name(name == thread_names_.end() ? process_names_[pid]
                                                                      : name->second);
}

void PerfettoTracks::Count(CounterTrack track, std::int32_t pid, std::uint64_t time_ns,
                           std::uint64_t value) {
  const auto number = static_cast<std::size_t>(track);
  const std::uint64_t uuid = kFirstCounterTrack + Unsigned(pid) * kCountersAProcess + number;
  if (counters_.insert(uuid).second) {
    if (pid != 0 && !processes_.contains(pid)) DescribeProcess(pid);
    perfetto::TrackDescriptor& descriptor = *packets_.Next().mutable_track_descriptor();
    descriptor.set_uuid(uuid);
    if (pid != 0) descriptor.set_parent_uuid(kProcessTrack + Unsigned(pid));
    descriptor.set_name(kCounters[number].name);
    descriptor.mutable_counter()->set_unit(kCounters[number].unit);
  }
  AddCount(uuid, time_ns, value);
}

void PerfettoTracks::CountPeriod(std::uint8_t stream, std::uint64_t time_ns, std::uint64_t period) {
  const std::uint64_t uuid = kFirstPeriodTrack + stream;
  if (counters_.insert(uuid).second) {
    std::string text;
    const CounterName name = PeriodName(header_, stream, text);
    perfetto::TrackDescriptor& descriptor = *packets_.Next().mutable_track_descriptor();
    descriptor.set_uuid(uuid);
    descriptor.set_name(name.name);
    descriptor.mutable_counter()->set_unit(name.unit);
  }
  AddCount(uuid, time_ns, period);
}

void PerfettoTracks::AddCount(std::uint64_t track, std::uint64_t time_ns, std::uint64_t value) {
  perfetto::TrackEvent& event = *packets_.Next(Timestamp(time_ns)).mutable_track_event();
  event.set_type(kTypeCounter);
  event.set_track_uuid(track);
  event.set_counter_value(static_cast<std::int64_t>(value));
}

perfetto::TrackEvent& PerfettoTracks::Instant(std::int32_t pid, std::int32_t tid,
                                              std::uint64_t time_ns) {
  if (!threads_.contains(tid)) DescribeThread(pid, tid);
  perfetto::TrackEvent& event = *packets_.Next(Timestamp(time_ns)).mutable_track_event();
  event.set_type(kTypeInstant);
  event.set_track_uuid(kThreadTrack + Unsigned(tid));
  return event;
}

}  // namespace heimdallr::exports
