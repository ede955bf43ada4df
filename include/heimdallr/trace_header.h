// What a trace says of itself before its first record, and after its last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heimdallr {

/// How a stream obtains its records; see src/README.md, "Sources".
enum class SourceKind : std::uint8_t { kUnknown = 0, kPmu = 1, kClock = 2, kFaults = 3 };

/// One sampled event.
struct StreamInfo {
  std::uint8_t id = 0;  ///< from 1; 0 means "no stream"
  SourceKind source = SourceKind::kUnknown;
  std::string name;                 ///< short, such as "clock"
  std::string event;                ///< in perf's syntax, such as "cpu-clock:u"
  std::uint64_t period = 0;         ///< events a sample stands for; of the clock source: ns
  std::uint32_t frequency_hz = 0;   ///< what was asked for; 0 = a fixed period was asked for
  std::uint32_t precise_level = 0;  ///< perf_event_attr.precise_ip
  std::uint32_t minimum_latency_cycles = 0;  ///< ldlat; 0 = no filter
  bool may_batch = false;  ///< the processor may hand over many samples at one interrupt
};

/// Where the records come from. Values are part of the trace format.
enum class TraceOrigin : std::uint8_t {
  kRecorded = 0,   ///< heimdallr watched the program
  kImported = 1,   ///< made from a recording of another tool
  kSynthetic = 2,  ///< no program ran: for tests and measurements
};
inline constexpr std::uint8_t kTraceOrigins = 3;  ///< one more than the largest TraceOrigin

/// Where allocations can come from.
struct MemoryInfo {
  std::uint8_t id = 0;  ///< `AllocationRecord::memory`; 0 is the program's own allocator
  std::string name;     ///< as asked for, such as "pmem:/mnt/pmem" or "bind:1"; "default"
  /// Where its pages should be; empty = the kernel decides, or not known.
  std::vector<std::uint32_t> nodes;
};

/// A memory node of the machine.
struct NodeInfo {
  std::uint32_t id = 0;
  std::uint64_t memory_bytes = 0;        ///< 0 = a node of processors alone
  std::vector<std::uint32_t> cpus;       ///< online; empty = memory alone
  std::vector<std::uint32_t> distances;  ///< to each node, in the order of `nodes`; 10 = itself
};

struct TraceHeader {
  std::uint32_t format_version = 0;
  std::string tool_version;
  std::string host;
  std::string kernel;     ///< release and machine, as uname(2)
  std::string processor;  ///< model name
  std::uint32_t online_cpus = 0;
  std::uint32_t page_size_bytes = 0;
  std::uint64_t start_realtime_ns = 0;   ///< CLOCK_REALTIME when the recording began
  std::uint64_t start_monotonic_ns = 0;  ///< CLOCK_MONOTONIC at the same moment: time 0 of records
  std::int32_t pid = 0;                  ///< of the first process of the workload
  std::vector<std::string> command_line;
  std::string working_directory;
  std::vector<std::string> environment;  ///< NAME=VALUE, only those that change how memory is used
  std::vector<StreamInfo> streams;
  bool allocations = false;          ///< the interposer was asked for
  bool dry_run = false;              ///< only run statistics were asked for
  std::uint32_t stack_depth = 0;     ///< frames kept per allocation; 0 = caller only
  std::int32_t success_status = 0;   ///< exit status of a run that went well, 0..255
  std::vector<MemoryInfo> memories;  ///< empty = all is the program's own allocator
  std::vector<NodeInfo> nodes;       ///< ascending by id; empty = not known
  TraceOrigin origin = TraceOrigin::kRecorded;
};

/// What recording cost, written at the end.
struct RecorderStatistics {
  std::uint64_t user_ns = 0;  ///< CPU time of the recorder
  std::uint64_t system_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t ticks = 0;           ///< samples the kernel delivered
  std::uint64_t channel_events = 0;  ///< events the interposer delivered
};

}  // namespace heimdallr
