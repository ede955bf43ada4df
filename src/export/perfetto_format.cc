#include "export/perfetto_format.h"

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
#include "analysis/allocation_statistics.h"
#include "analysis/data_source.h"
#include "analysis/module_map.h"
#include "analysis/names.h"
#include "analysis/object_statistics.h"
#include "export/named_recording.h"
#include "export/perfetto_heap.h"
#include "export/perfetto_packets.h"
#include "export/perfetto_tracks.h"

namespace heimdallr::exports {
namespace {

constexpr std::uint32_t kRealTime = 1;  // BuiltinClock
constexpr std::uint32_t kMonotonic = 3;
constexpr std::uint32_t kBootTime = 6;
// A heap counter is written this often; the largest value between is, too.
constexpr std::uint64_t kHeapStepNs = 1'000'000;

// A number of bytes that changes too often to write each change.
class ByteCounter {
 public:
  ByteCounter(CounterTrack track, std::int32_t pid) : track_(track), pid_(pid) {}

  void Set(std::uint64_t time_ns, std::uint64_t bytes, PerfettoTracks& tracks) {
    if (bytes == bytes_ && !pending_) return;
    if (pending_ && time_ns - written_ns_ >= kHeapStepNs) Write(tracks);
    if (!pending_ || bytes > largest_) {
      largest_ = bytes;
      largest_ns_ = time_ns;
    }
    bytes_ = bytes;
    last_ns_ = time_ns;
    pending_ = true;
  }

  void Write(PerfettoTracks& tracks) {
    if (!pending_) return;
    if (largest_ns_ != last_ns_) tracks.Count(track_, pid_, largest_ns_, largest_);
    tracks.Count(track_, pid_, last_ns_, bytes_);
    written_ns_ = last_ns_;
    pending_ = false;
  }

 private:
  CounterTrack track_;
  std::int32_t pid_;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_ns_ = 0;
  std::uint64_t largest_ = 0;  // since it was written
  std::uint64_t largest_ns_ = 0;
  std::uint64_t written_ns_ = 0;
  bool pending_ = false;
};

// How many events fall into each bin of time.
class RateCounter {
 public:
  RateCounter(CounterTrack track, std::int32_t pid) : track_(track), pid_(pid) {}

  void Add(std::uint64_t time_ns, PerfettoTracks& tracks) {
    const std::uint64_t bin = time_ns / kRateBinNs;
    if (count_ != 0 && bin != bin_) Write(bin, tracks);
    bin_ = bin;
    ++count_;
  }
  void Finish(PerfettoTracks& tracks) {
    if (count_ != 0) Write(bin_ + 2, tracks);
  }

 private:
  // A bin without events behind it brings the counter back to 0.
  void Write(std::uint64_t next_bin, PerfettoTracks& tracks) {
    tracks.Count(track_, pid_, bin_ * kRateBinNs, count_);
    if (next_bin > bin_ + 1) tracks.Count(track_, pid_, (bin_ + 1) * kRateBinNs, 0);
    count_ = 0;
  }

  CounterTrack track_;
  std::int32_t pid_;
  std::uint64_t bin_ = 0;
  std::uint64_t count_ = 0;
};

// The counters of one process. What it inherited by a fork is its parent's.
struct ProcessCounters {
  ProcessCounters(const analysis::ModuleMap& no_modules, std::uint32_t page_size, std::int32_t pid)
      : memory(no_modules, page_size),
        heap(CounterTrack::kHeap, pid),
        mapped(CounterTrack::kMapped, pid),
        loads(CounterTrack::kLoads, pid),
        stores(CounterTrack::kStores, pid),
        faults(CounterTrack::kFaults, pid) {}

  void Finish(PerfettoTracks& tracks) {
    heap.Write(tracks);
    mapped.Write(tracks);
    for (RateCounter* rate : {&loads, &stores, &faults}) rate->Finish(tracks);
  }

  analysis::AllocationStatistics memory;
  ByteCounter heap;
  ByteCounter mapped;
  RateCounter loads;
  RateCounter stores;
  RateCounter faults;
};

// Everything but the heap profile, as it comes.
class Timeline {
 public:
  Timeline(const TraceHeader& header, const Selection& selection, PerfettoPackets& packets)
      : page_size_(header.page_size_bytes), selection_(selection), tracks_(header, packets) {}

  void Add(const Record& record) {
    std::visit([this](const auto& r) { On(r); }, record);
  }

  void Finish() {
    for (auto& [pid, process] : processes_) process->Finish(tracks_);
  }

  [[nodiscard]] PerfettoTracks& tracks() { return tracks_; }

 private:
  ProcessCounters& Of(std::int32_t pid) {
    std::unique_ptr<ProcessCounters>& process = processes_[pid];
    if (!process) process = std::make_unique<ProcessCounters>(no_modules_, page_size_, pid);
    return *process;
  }

  void On(const AccessRecord& record) {
    if (!selection_.Accepts(record)) return;
    ProcessCounters& process = Of(record.pid);
    const bool both = record.kind == AccessKind::kLoadStore;
    if (both || record.kind == AccessKind::kLoad) process.loads.Add(record.time_ns, tracks_);
    if (both || record.kind == AccessKind::kStore) process.stores.Add(record.time_ns, tracks_);
  }
  void On(const FaultRecord& record) {
    if (selection_.Accepts(record)) Of(record.pid).faults.Add(record.time_ns, tracks_);
  }
  // What is live in the selected time may be older.
  void On(const AllocationRecord& record) {
    if (!selection_.OfProcess(record.pid)) return;
    ProcessCounters& process = Of(record.pid);
    process.memory.Add(record);
    SetMemory(record.time_ns, process);
  }
  void On(const ProcessRecord& record) {
    if (!selection_.OfProcess(record.pid)) return;
    tracks_.Note(record);
    const bool gone = record.event == ProcessEvent::kExec || record.event == ProcessEvent::kExit;
    if (!gone || !processes_.contains(record.pid)) return;
    ProcessCounters& process = Of(record.pid);
    process.memory.Add(record);
    SetMemory(record.time_ns, process);
    if (record.event != ProcessEvent::kExit) return;
    process.Finish(tracks_);
    processes_.erase(record.pid);
  }
  void On(const ThreadRecord& record) {
    if (selection_.OfProcess(record.pid)) tracks_.Note(record);
  }
  void On(const LossRecord& record) {
    if (analysis::EffectOf(record.kind) != analysis::LossEffect::kMissing) return;
    lost_ += record.count;
    if (selection_.time_ns.Contains(record.time_ns)) {
      tracks_.Count(CounterTrack::kLost, 0, record.time_ns, lost_);
    }
  }
  void On(const PeriodRecord& record) {
    if (!selection_.time_ns.Contains(record.time_ns)) return;
    tracks_.CountPeriod(record.stream, record.time_ns, record.period);
  }
  void On(const MappingRecord& /*record*/) {}
  void On(const StatisticsRecord& /*record*/) {}
  void On(const PlacementRecord& /*record*/) {}

  void SetMemory(std::uint64_t time_ns, ProcessCounters& process) {
    if (!selection_.time_ns.Contains(time_ns)) return;
    process.heap.Set(time_ns, process.memory.heap().live_bytes, tracks_);
    process.mapped.Set(time_ns, process.memory.mapped().live_bytes, tracks_);
  }

  std::uint32_t page_size_;
  const Selection& selection_;
  PerfettoTracks tracks_;
  const analysis::ModuleMap no_modules_;
  absl::flat_hash_map<std::int32_t, std::unique_ptr<ProcessCounters>> processes_;
  std::uint64_t lost_ = 0;
};

class Instants : public analysis::AccessObserver {
 public:
  Instants(const Selection& selection, PerfettoTracks& tracks)
      : selection_(selection), tracks_(tracks) {}

  void Begin(NamedRecording& recording) { recording_ = &recording; }

  void OnAccess(const AccessRecord& record, const analysis::AccessShare& /*share*/,
                const analysis::Joined& joined) override {
    if (!selection_.Accepts(record)) return;
    if (written_ == kMostInstants) {
      ++left_out_;
      return;
    }
    ++written_;
    perfetto::TrackEvent& event = tracks_.Instant(record.pid, record.tid, record.time_ns);
    event.set_name(std::string(analysis::Name(record.kind)));
    Annotation("address", event).set_pointer_value(record.address);
    if (joined.object != 0) {
      const NamedGroup& group = recording_->group(joined.group);
      Text("object", recording_->words().text(group.name), event);
      Text("object_type", recording_->words().text(group.type), event);
    } else {
      Text("unmatched", analysis::Name(joined.reason), event);
    }
    const NamedLine& line = recording_->instruction(joined.instruction).lines.front();
    Text("function", recording_->words().text(line.function), event);
    if (record.latency_cycles != 0) {
      Annotation("latency_cycles", event).set_uint_value(record.latency_cycles);
    }
    const analysis::DataSource memory = analysis::DataSourceOf(record.data_source);
    if (memory != analysis::DataSource::kUnknown) Text("memory", analysis::Name(memory), event);
  }
  void OnFault(const FaultRecord& /*record*/, const analysis::Joined& /*joined*/) override {}
  void OnObject(const analysis::Object& /*object*/) override {}

  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  static perfetto::DebugAnnotation& Annotation(const char* name, perfetto::TrackEvent& event) {
    perfetto::DebugAnnotation& annotation = *event.add_debug_annotations();
    annotation.set_name(name);
    return annotation;
  }
  static void Text(const char* name, std::string_view text, perfetto::TrackEvent& event) {
    Annotation(name, event).set_string_value(std::string(text));
  }

  const Selection& selection_;
  PerfettoTracks& tracks_;
  NamedRecording* recording_ = nullptr;
  std::uint64_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

// The recording knows no boot time; it differs from the monotonic one by the time asleep.
void WriteClocks(const TraceHeader& header, PerfettoPackets& packets) {
  perfetto::ClockSnapshot& clocks =
      *packets.Next(header.start_monotonic_ns).mutable_clock_snapshot();
  const auto add = [&](std::uint32_t id, std::uint64_t ns) {
    perfetto::ClockSnapshot::Clock* clock = clocks.add_clocks();
    clock->set_clock_id(id);
    clock->set_timestamp(ns);
  };
  add(kBootTime, header.start_monotonic_ns);
  add(kMonotonic, header.start_monotonic_ns);
  add(kRealTime, header.start_realtime_ns);
}

absl::StatusOr<Exported> WriteTimeline(analysis::RecordSource& source, const Selection& selection,
                                       AccessEvents accesses, PerfettoPackets& packets) {
  WriteClocks(source.header(), packets);
  Timeline timeline(source.header(), selection, packets);
  Instants instants(selection, timeline.tracks());
  std::unique_ptr<NamedRecording> recording;
  if (accesses == AccessEvents::kAsInstants) {
    recording = std::make_unique<NamedRecording>(source, &instants);
    instants.Begin(*recording);
  }
  auto exported = ReadRecords(source, [&](const Record& record) {
    timeline.Add(record);
    if (recording) recording->Add(record);
    return packets.status();
  });
  if (!exported.ok()) return exported;
  if (recording) recording->Finish();
  timeline.Finish();
  exported->left_out = instants.left_out();
  return exported;
}

}  // namespace

absl::StatusOr<Exported> WritePerfetto(const analysis::OpenRecords& open,
                                       const Selection& selection, AccessEvents accesses,
                                       ByteSink& sink) {
  PerfettoPackets packets(sink);
  auto source = open();
  if (!source.ok()) return source.status();
  auto exported = WriteTimeline(**source, selection, accesses, packets);
  if (!exported.ok()) return exported;
  source = open();
  if (!source.ok()) return source.status();
  StackProfile stacks(**source, selection);
  (void)stacks.Read();  // it ends where the first reading did
  WriteHeapProfile(stacks, (*source)->header().start_monotonic_ns + stacks.end_ns(), packets);
  if (absl::Status status = packets.Flush(); !status.ok()) return status;
  exported->rows = packets.count();
  return exported;
}

}  // namespace heimdallr::exports
