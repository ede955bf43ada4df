#include "import/perf_records_to_trace.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "import/perf_event_names.h"
#include "perf/memory_access.h"
#include "trace/trace_writer.h"

namespace heimdallr::imports {
namespace {

// MMAP, before MMAP2, said only whether it was code.
std::uint32_t ProtectionOf(const perf::MmapRecord& record) {
  if (record.protection != 0 || record.flags != 0) return record.protection;
  return record.data ? PROT_READ | PROT_WRITE : PROT_READ | PROT_EXEC;
}

// Carries processes and mappings, and never samples.
bool IsDummy(const perf_event_attr& attributes) {
  return attributes.type == PERF_TYPE_SOFTWARE && attributes.config == PERF_COUNT_SW_DUMMY;
}

}  // namespace

std::vector<StreamInfo> PerfRecordsToTrace::Streams(const PerfDataHeader& header) {
  std::vector<StreamInfo> streams;
  for (std::size_t i = 0; i < std::min(header.events.size(), kMostStreams); ++i) {
    const PerfDataEvent& event = header.events[i];
    const perf_event_attr& attributes = event.attributes;
    if (IsDummy(attributes)) continue;
    const std::string name = EventName(event);
    StreamInfo stream{.id = static_cast<std::uint8_t>(i + 1),
                      .source = SourceOf(event),
                      .name = name,
                      .event = name,
                      .precise_level = static_cast<std::uint32_t>(attributes.precise_ip)};
    if (attributes.freq != 0) {
      stream.frequency_hz = static_cast<std::uint32_t>(attributes.sample_freq);
    } else {
      stream.period = attributes.sample_period;
    }
    streams.push_back(std::move(stream));
  }
  return streams;
}

PerfRecordsToTrace::PerfRecordsToTrace(const PerfDataHeader& header, std::uint64_t start_ns,
                                       trace::TraceWriter& writer, PerfDataCounts& counts)
    : header_(header), start_ns_(start_ns), writer_(writer), counts_(counts) {
  for (const PerfDataEvent& event : header.events) sources_.push_back(SourceOf(event));
  ticks_.resize(header.events.size());
}

void PerfRecordsToTrace::Add(const perf::KernelRecord& record, std::size_t event) {
  std::visit([&](const auto& r) { On(r, event); }, record);
}

// What perf makes up itself of what was there before has no time.
std::uint64_t PerfRecordsToTrace::TimeOf(const perf::Origin& origin) const {
  return origin.time_ns > start_ns_ ? origin.time_ns - start_ns_ : 0;
}

void PerfRecordsToTrace::Count(LossKind kind, std::size_t stream, std::uint64_t count) {
  losses_[{stream <= kMostStreams ? stream : 0, kind}] += count;
}

void PerfRecordsToTrace::WriteLosses(std::uint64_t record_time_ns) {
  const std::uint64_t time_ns = TimeOf({.time_ns = record_time_ns});
  for (const auto& [key, count] : losses_) {
    writer_.Add(LossRecord{.time_ns = time_ns,
                           .count = count,
                           .stream = static_cast<std::uint8_t>(key.first),
                           .kind = key.second});
  }
  losses_.clear();
}

void PerfRecordsToTrace::On(const perf::SampleRecord& record, std::size_t event) {
  ++counts_.samples;
  const std::size_t stream = event + 1;
  const perf_event_attr& attributes = header_.events[event].attributes;
  if (sources_[event] == SourceKind::kFaults && record.address != 0 && stream <= kMostStreams) {
    ++counts_.faults;
    writer_.Add(FaultRecord{.time_ns = TimeOf(record.origin),
                            .ip = record.ip,
                            .address = record.address,
                            .pid = record.origin.pid,
                            .tid = record.origin.tid,
                            .cpu = record.origin.cpu,
                            .stream = static_cast<std::uint8_t>(stream)});
    return;
  }
  auto result = perf::AccessOf(record, attributes.sample_type);
  if (const auto* loss = std::get_if<LossKind>(&result)) {
    ++(*loss == LossKind::kNotMemory ? counts_.not_memory : counts_.no_address);
    Count(*loss, stream, 1);
    return;
  }
  AccessRecord& access = std::get<AccessRecord>(result);
  access.time_ns = TimeOf(record.origin);
  access.tick = ++ticks_[event];
  access.stream = stream <= kMostStreams ? static_cast<std::uint8_t>(stream) : std::uint8_t{0};
  if (access.period == 0 && attributes.freq == 0) access.period = attributes.sample_period;
  ++counts_.accesses;
  writer_.Add(access);
}

void PerfRecordsToTrace::On(const perf::MmapRecord& record, std::size_t /*event*/) {
  const std::uint32_t protection = ProtectionOf(record);
  const auto exec = execs_.find(record.pid);
  if (exec != execs_.end() && (protection & PROT_EXEC) != 0) {
    WriteExec(record.pid, exec->second, record.path, record.build_id);
    execs_.erase(exec);
  }
  writer_.Add(MappingRecord{.time_ns = TimeOf(record.origin),
                            .address = record.address,
                            .size = record.size,
                            .offset = record.offset,
                            .inode = record.inode,
                            .path = record.path,
                            .build_id = record.build_id,
                            .protection = protection,
                            .pid = record.pid,
                            .tid = record.tid,
                            .shared = (record.flags & MAP_SHARED) != 0});
}

void PerfRecordsToTrace::WriteExec(std::int32_t pid, const PendingExec& exec,
                                   std::string_view executable, std::string_view build_id) {
  writer_.Add(ProcessRecord{.time_ns = exec.time_ns,
                            .command = exec.command,
                            .executable = executable,
                            .build_id = build_id,
                            .pid = pid,
                            .event = ProcessEvent::kExec});
}

void PerfRecordsToTrace::On(const perf::CommRecord& record, std::size_t /*event*/) {
  threads_[record.pid].insert(record.tid);
  if (!record.exec) {
    writer_.Add(ThreadRecord{.time_ns = TimeOf(record.origin),
                             .name = record.name,
                             .pid = record.pid,
                             .tid = record.tid,
                             .event = ThreadEvent::kName});
    return;
  }
  const auto [entry, is_new] =
      execs_.try_emplace(record.pid, PendingExec{TimeOf(record.origin), record.name});
  if (!is_new) {  // the one before mapped nothing that was seen
    WriteExec(record.pid, entry->second, {}, {});
    entry->second = {TimeOf(record.origin), record.name};
  }
  threads_[record.pid] = {record.pid};
}

void PerfRecordsToTrace::On(const perf::ForkRecord& record, std::size_t /*event*/) {
  threads_[record.pid].insert(record.tid);
  if (record.pid == record.parent_pid) {
    writer_.Add(ThreadRecord{.time_ns = TimeOf(record.origin),
                             .pid = record.pid,
                             .tid = record.tid,
                             .event = ThreadEvent::kStart});
    return;
  }
  writer_.Add(ProcessRecord{.time_ns = TimeOf(record.origin),
                            .pid = record.pid,
                            .parent_pid = record.parent_pid,
                            .event = ProcessEvent::kStart});
}

void PerfRecordsToTrace::On(const perf::ExitRecord& record, std::size_t /*event*/) {
  const std::uint64_t time_ns = TimeOf(record.origin);
  writer_.Add(ThreadRecord{
      .time_ns = time_ns, .pid = record.pid, .tid = record.tid, .event = ThreadEvent::kExit});
  const auto process = threads_.find(record.pid);
  if (process != threads_.end()) {
    process->second.erase(record.tid);
    if (!process->second.empty()) return;
    threads_.erase(process);
  }
  if (const auto exec = execs_.find(record.pid); exec != execs_.end()) {
    WriteExec(record.pid, exec->second, {}, {});
    execs_.erase(exec);
  }
  writer_.Add(ProcessRecord{.time_ns = time_ns, .pid = record.pid, .event = ProcessEvent::kExit});
}

void PerfRecordsToTrace::On(const perf::LostRecord& record, std::size_t event) {
  counts_.lost += record.count;
  Count(LossKind::kRingOverflow, event + 1, record.count);
}

void PerfRecordsToTrace::On(const perf::LostSamplesRecord& record, std::size_t event) {
  counts_.lost_samples += record.count;
  Count(LossKind::kSamplesLost, event + 1, record.count);
}

void PerfRecordsToTrace::On(const perf::ThrottleRecord& record, std::size_t event) {
  if (!record.throttled) return;
  ++counts_.throttled;
  Count(LossKind::kThrottle, event + 1, 1);
}

// What it tells of lies in records of perf's own, which are not read.
void PerfRecordsToTrace::On(const perf::AuxRecord& /*record*/, std::size_t /*event*/) {
  ++counts_.not_taken;
}

void PerfRecordsToTrace::On(const perf::UnknownRecord& /*record*/, std::size_t /*event*/) {
  ++counts_.not_taken;
}

}  // namespace heimdallr::imports
