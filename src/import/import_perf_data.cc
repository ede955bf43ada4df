#include "import/import_perf_data.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "import/perf_data_file.h"
#include "import/perf_records_to_trace.h"
#include "perf/decode.h"
#include "perf/field_reader.h"
#include "perf/merge_queue.h"
#include "trace/trace_writer.h"

namespace heimdallr::imports {
namespace {

using perf::KernelRecord;
using perf::RawRecord;

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// Which event made a record, and how it is laid out.
class EventFinder {
 public:
  /// InvalidArgument when nothing in a record tells that.
  static absl::StatusOr<EventFinder> Make(const std::vector<PerfDataEvent>& events) {
    EventFinder finder;
    bool identified = true;
    for (std::size_t i = 0; i < events.size(); ++i) {
      finder.layouts_.push_back(events[i].Layout());
      identified &= (events[i].attributes.sample_type & PERF_SAMPLE_IDENTIFIER) != 0;
      for (const std::uint64_t id : events[i].ids) finder.event_of_id_.try_emplace(id, i);
    }
    const bool alike = std::all_of(
        finder.layouts_.begin(), finder.layouts_.end(), [&](const perf::SampleLayout& layout) {
          const perf::SampleLayout& first = finder.layouts_.front();
          return layout.sample_type == first.sample_type &&
                 layout.read_format == first.read_format &&
                 layout.user_registers == first.user_registers &&
                 layout.interrupt_registers == first.interrupt_registers &&
                 layout.branch_sample_type == first.branch_sample_type &&
                 layout.sample_id_all == first.sample_id_all;
        });
    if (!alike && !identified) {
      return absl::InvalidArgumentError(
          "its events have different fields and its records do not say whose they are");
    }
    finder.by_identifier_ = identified && events.size() > 1;
    return finder;
  }

  struct Found {
    KernelRecord record;
    std::size_t event = 0;
  };

  [[nodiscard]] absl::StatusOr<Found> Decode(const RawRecord& raw) const {
    std::size_t event = 0;
    if (by_identifier_) {
      const auto named = EventOf(IdentifierOf(raw));
      if (!named && raw.type == PERF_RECORD_SAMPLE) {
        return absl::DataLossError("a sample is of no event of the file");
      }
      event = named.value_or(0);
    }
    auto record = perf::Decode(raw, layouts_[event]);
    if (!record.ok()) return record.status();
    if (const auto told = EventOf(perf::OriginOf(*record).event_id)) event = *told;
    if (const auto* lost = std::get_if<perf::LostRecord>(&*record)) {
      event = EventOf(lost->event_id).value_or(event);
    }
    return Found{*std::move(record), event};
  }

 private:
  // IDENTIFIER is the first field of a sample and the last of other records.
  static std::uint64_t IdentifierOf(const RawRecord& raw) {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    if (raw.bytes.size() < sizeof(perf_event_header) + kWord) return 0;
    perf::FieldReader reader(raw.type == PERF_RECORD_SAMPLE
                                 ? raw.bytes.subspan(sizeof(perf_event_header), kWord)
                                 : raw.bytes.last(kWord));
    return reader.Take<std::uint64_t>();
  }
  [[nodiscard]] std::optional<std::size_t> EventOf(std::uint64_t id) const {
    const auto found = event_of_id_.find(id);
    if (found == event_of_id_.end()) return std::nullopt;
    return found->second;
  }

  std::vector<perf::SampleLayout> layouts_;
  absl::flat_hash_map<std::uint64_t, std::size_t> event_of_id_;
  bool by_identifier_ = false;
};

// Calls `sink(raw)` for each record up to the end or the damage, which is returned.
template <typename Sink>
absl::Status ForEach(PerfDataFile& file, Sink&& sink) {
  file.Rewind();
  while (true) {
    auto raw = file.Next();
    if (!raw.ok()) return raw.status();
    if (!*raw) return absl::OkStatus();
    RETURN_IF_ERROR(sink(**raw));
  }
}

// The earliest time of any record up to the damage, if there is some; 0 when none has one.
std::uint64_t EarliestTime(PerfDataFile& file, const EventFinder& finder) {
  std::uint64_t earliest = kNever;
  (void)ForEach(file, [&](const RawRecord& raw) -> absl::Status {
    if (raw.type >= kFirstOwnRecord) return absl::OkStatus();
    const auto found = finder.Decode(raw);
    if (!found.ok()) return absl::OkStatus();
    const std::uint64_t time_ns = perf::OriginOf(found->record).time_ns;
    if (time_ns != 0) earliest = std::min(earliest, time_ns);
    return absl::OkStatus();
  });
  return earliest == kNever ? 0 : earliest;
}

TraceHeader MakeHeader(const PerfDataFile& file, const std::string& tool_version,
                       std::uint64_t start_ns) {
  const PerfDataMachine& machine = file.header().machine;
  TraceHeader header{.tool_version = tool_version,
                     .host = machine.host,
                     .kernel = machine.kernel,
                     .processor = machine.processor,
                     .online_cpus = machine.online_cpus,
                     .page_size_bytes = 4096,  // the file does not say
                     .start_monotonic_ns = start_ns,
                     .command_line = machine.command_line,
                     .streams = PerfRecordsToTrace::Streams(file.header()),
                     .origin = TraceOrigin::kImported};
  if (!machine.architecture.empty()) header.kernel += " " + machine.architecture;
  if (machine.wall_clock_ns != 0) {
    header.start_realtime_ns = machine.wall_clock_ns - machine.wall_clock_record_ns + start_ns;
  }
  return header;
}

// Records as perf wrote them, CPU by CPU, into order of time. perf says when a round has ended:
// after it nothing comes from before the end of the round before.
class Importer {
 public:
  Importer(const EventFinder& finder, const PerfDataHeader& header, std::uint64_t start_ns,
           trace::TraceWriter& writer, PerfDataCounts& counts)
      : finder_(finder),
        start_ns_(start_ns),
        writer_(writer),
        counts_(counts),
        records_(header, start_ns, writer, counts) {}

  absl::Status Add(const RawRecord& raw) {
    ++counts_.records[raw.type];
    if (raw.type == kFinishedRoundRecord) return EndRound();
    if (raw.type >= kFirstOwnRecord) return absl::OkStatus();
    auto found = finder_.Decode(raw);
    if (!found.ok()) {
      ++counts_.corrupt;
      records_.CountCorrupt();
      return absl::OkStatus();
    }
    const std::uint64_t time_ns = perf::OriginOf(found->record).time_ns;
    latest_ns_ = std::max(latest_ns_, time_ns);
    queue_.Push(time_ns, *std::move(found));
    // Files of old versions, and of some tools, have no rounds.
    return queue_.size() >= kMostQueued ? EndRound() : absl::OkStatus();
  }

  absl::Status Finish() { return PopUntil(kNever, latest_ns_); }

 private:
  static constexpr std::size_t kMostQueued = 1U << 19;

  absl::Status EndRound() {
    const std::uint64_t until_ns = std::exchange(round_end_ns_, latest_ns_);
    return PopUntil(until_ns, until_ns);
  }

  absl::Status PopUntil(std::uint64_t limit_ns, std::uint64_t time_ns) {
    queue_.PopUntil(limit_ns, [this](EventFinder::Found&& found) {
      records_.Add(found.record, found.event);
      // Nothing before it still comes, so the reader need not keep what is behind.
      if (!writer_.RoundIsFull()) return;
      const std::uint64_t at_ns = perf::OriginOf(found.record).time_ns;
      (void)writer_.EndRound(at_ns > start_ns_ ? at_ns - start_ns_ : 0);
    });
    records_.WriteLosses(time_ns);
    return writer_.EndRound(time_ns > start_ns_ ? time_ns - start_ns_ : 0);
  }

  const EventFinder& finder_;
  std::uint64_t start_ns_;
  trace::TraceWriter& writer_;
  PerfDataCounts& counts_;
  PerfRecordsToTrace records_;
  perf::MergeQueue<EventFinder::Found> queue_;
  std::uint64_t latest_ns_ = 0;
  std::uint64_t round_end_ns_ = 0;
};

}  // namespace

std::string NameOfRecord(std::uint32_t type) {
  static constexpr std::pair<std::uint32_t, const char*> kNames[] = {
      {PERF_RECORD_MMAP, "MMAP"},
      {PERF_RECORD_LOST, "LOST"},
      {PERF_RECORD_COMM, "COMM"},
      {PERF_RECORD_EXIT, "EXIT"},
      {PERF_RECORD_THROTTLE, "THROTTLE"},
      {PERF_RECORD_UNTHROTTLE, "UNTHROTTLE"},
      {PERF_RECORD_FORK, "FORK"},
      {PERF_RECORD_READ, "READ"},
      {PERF_RECORD_SAMPLE, "SAMPLE"},
      {PERF_RECORD_MMAP2, "MMAP2"},
      {PERF_RECORD_AUX, "AUX"},
      {PERF_RECORD_ITRACE_START, "ITRACE_START"},
      {PERF_RECORD_LOST_SAMPLES, "LOST_SAMPLES"},
      {PERF_RECORD_SWITCH, "SWITCH"},
      {PERF_RECORD_SWITCH_CPU_WIDE, "SWITCH_CPU_WIDE"},
      {PERF_RECORD_NAMESPACES, "NAMESPACES"},
      {PERF_RECORD_KSYMBOL, "KSYMBOL"},
      {PERF_RECORD_BPF_EVENT, "BPF_EVENT"},
      {PERF_RECORD_CGROUP, "CGROUP"},
      {PERF_RECORD_TEXT_POKE, "TEXT_POKE"},
      {PERF_RECORD_AUX_OUTPUT_HW_ID, "AUX_OUTPUT_HW_ID"},
      // Of perf itself: tools/lib/perf/include/perf/event.h of Linux.
      {kAttributesRecord, "HEADER_ATTR"},
      {65, "HEADER_EVENT_TYPE"},
      {kTracingDataRecord, "HEADER_TRACING_DATA"},
      {67, "HEADER_BUILD_ID"},
      {kFinishedRoundRecord, "FINISHED_ROUND"},
      {69, "ID_INDEX"},
      {70, "AUXTRACE_INFO"},
      {kAuxTraceRecord, "AUXTRACE"},
      {72, "AUXTRACE_ERROR"},
      {73, "THREAD_MAP"},
      {74, "CPU_MAP"},
      {75, "STAT_CONFIG"},
      {76, "STAT"},
      {77, "STAT_ROUND"},
      {kEventUpdateRecord, "EVENT_UPDATE"},
      {79, "TIME_CONV"},
      {kFeatureRecord, "HEADER_FEATURE"},
      {kCompressedRecord, "COMPRESSED"},
      {82, "FINISHED_INIT"},
      {kCompressed2Record, "COMPRESSED2"}};
  for (const auto& [known, name] : kNames) {
    if (known == type) return name;
  }
  return fmt::format("type {}", type);
}

absl::StatusOr<PerfDataCounts> ImportPerfData(const PerfDataImport& request) {
  ASSIGN_OR_RETURN(PerfDataFile file, PerfDataFile::Open(request.input));
  const auto finder = EventFinder::Make(file.header().events);
  if (!finder.ok()) {
    return absl::Status(finder.status().code(), fmt::format("cannot import '{}': {}", request.input,
                                                            base::Message(finder.status())));
  }
  const std::uint64_t start_ns = EarliestTime(file, *finder);
  ASSIGN_OR_RETURN(trace::TraceWriter writer,
                   trace::TraceWriter::Create(
                       request.output, MakeHeader(file, request.tool_version, start_ns),
                       request.compress ? trace::Compression::kZstd : trace::Compression::kNone,
                       request.replace ? trace::Overwrite::kReplace : trace::Overwrite::kRefuse));
  PerfDataCounts counts;
  Importer importer(*finder, file.header(), start_ns, writer, counts);
  counts.end = ForEach(file, [&](const RawRecord& raw) { return importer.Add(raw); });
  counts.end.Update(file.completeness());
  // However the file ended: what was read of it waits to be put in order.
  RETURN_IF_ERROR(importer.Finish());
  RETURN_IF_ERROR(writer.Finish({.ticks = counts.samples}));
  return counts;
}

}  // namespace heimdallr::imports
