// Writes a trace as of a program with 8 threads, 20 objects and 200 accessing instructions, of any
// length, to measure readers with. The same options make the same file.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "heimdallr/trace_header.h"
#include "synthetic_program.h"
#include "synthetic_threads.h"
#include "trace/trace_writer.h"

namespace heimdallr::bench {
namespace {

constexpr std::uint64_t kSliceNs = 100'000'000;

struct Options {
  Workload workload;
  std::string output;
  bool clock = false;
  bool hostile = false;
  bool compress = false;
};

// Files of two names are two recordings: readers know them by their start.
std::uint64_t StartOf(const std::string& name) {
  constexpr std::uint64_t kEarliest = 1'700'000'000'000'000'000;
  return kEarliest + std::hash<std::string>()(name) % 1'000'000'000'000;
}

TraceHeader MakeHeader(const Options& options, const Program& program) {
  TraceHeader header{.tool_version = "make_trace",
                     .host = "synthetic",
                     .kernel = "none x86_64",
                     .processor = "none",
                     .online_cpus = kThreads,
                     .page_size_bytes = 4096,
                     .start_realtime_ns = StartOf(options.output),
                     .pid = kPid,
                     .command_line = {program.path, "--size", "big"},
                     .working_directory = "/opt/solver",
                     .allocations = true};
  const auto stream = [&](std::uint8_t id, SourceKind source, const char* name, const char* event,
                          std::uint64_t period) {
    StreamInfo info{.id = id, .source = source, .name = name, .event = event, .period = period};
    if (source == SourceKind::kClock) info.frequency_hz = 1000;
    header.streams.push_back(info);
  };
  if (options.clock) {
    stream(1, SourceKind::kClock, "clock", "cpu-clock:u", 999'983);
  } else {
    stream(1, SourceKind::kPmu, "loads", "cpu/mem-loads,ldlat=3/P", 10'007);
    stream(2, SourceKind::kPmu, "stores", "cpu/mem-stores/P", 10'007);
  }
  if (options.workload.faults > 0) stream(3, SourceKind::kFaults, "faults", "page-faults:u", 1);
  return header;
}

void AddStart(const Options& options, const Program& program, trace::TraceWriter& writer) {
  writer.Add(ProcessRecord{.time_ns = 0, .pid = kPid, .parent_pid = 1});
  writer.Add(ProcessRecord{.time_ns = 1000,
                           .command = "solver",
                           .executable = program.path,
                           .build_id = program.build_id,
                           .pid = kPid,
                           .event = ProcessEvent::kExec});
  for (const MappingRecord& mapping : program.Mappings()) writer.Add(mapping);
  writer.Add(ProcessRecord{.time_ns = 3000, .pid = kPid, .event = ProcessEvent::kAttach});
  if (options.clock) writer.Add(PeriodRecord{.time_ns = 4000, .period = 999'983, .stream = 1});
  for (std::size_t i = 0; i < kThreads; ++i) {
    const std::int32_t tid = Program::Tid(i);
    writer.Add(ThreadRecord{.time_ns = 4000 + i, .pid = kPid, .tid = tid});
    writer.Add(ThreadRecord{.time_ns = 5000 + i,
                            .name = program.thread_names[i],
                            .pid = kPid,
                            .tid = tid,
                            .event = ThreadEvent::kName});
  }
}

// Objects that appear or go in [begin_ns, end_ns).
void AddObjects(const Program& program, std::uint64_t begin_ns, std::uint64_t end_ns,
                trace::TraceWriter& writer) {
  for (const Object& object : program.objects) {
    AllocationRecord record{
        .address = object.address, .caller = object.caller, .pid = kPid, .tid = object.tid};
    if (object.begin_ns >= begin_ns && object.begin_ns < end_ns) {
      record.time_ns = object.begin_ns;
      record.size = object.size;
      record.call = AllocationCall::kMalloc;
      writer.Add(record);
    }
    if (object.end_ns != 0 && object.end_ns >= begin_ns && object.end_ns < end_ns) {
      record.time_ns = object.end_ns;
      record.size = 0;
      record.call = AllocationCall::kFree;
      record.event = AllocationEvent::kDeallocate;
      writer.Add(record);
    }
  }
}

// Something of each kind that a reader shows beside the accesses.
void AddAsides(const Options& options, std::uint64_t end_ns, trace::TraceWriter& writer) {
  if (options.clock) {
    writer.Add(PeriodRecord{.time_ns = end_ns + 1,
                            .period = 1'999'993,
                            .sample_cost_ns = 40'000,
                            .overhead = 0.06F,
                            .stream = 1});
  }
  writer.Add(LossRecord{.time_ns = end_ns + 1,
                        .count = 123,
                        .pid = kPid,
                        .stream = 1,
                        .kind = LossKind::kRingOverflow});
  writer.Add(StatisticsRecord{.time_ns = end_ns + 2,
                              .wall_ns = end_ns,
                              .user_ns = end_ns * 7,
                              .system_ns = end_ns / 10,
                              .max_rss_bytes = std::uint64_t{900} << 20,
                              .minor_faults = 1234,
                              .pid = kPid,
                              .exit_code = 0});
  writer.Add(ProcessRecord{.time_ns = end_ns + 2, .pid = kPid, .event = ProcessEvent::kExit});
}

absl::Status WriteRecords(const Options& options, const Program& program,
                          trace::TraceWriter& writer) {
  AddStart(options, program, writer);
  std::vector<SyntheticThread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(program, options.workload, i);
  Ticks ticks{};
  std::uint64_t end_ns = 0;
  const auto busy = [&] {
    return std::any_of(threads.begin(), threads.end(), [](const auto& one) { return one.Busy(); });
  };
  while (busy()) {
    const std::uint64_t begin_ns = end_ns;
    end_ns += kSliceNs;
    AddObjects(program, begin_ns, end_ns, writer);
    for (SyntheticThread& thread : threads) thread.RunUntil(end_ns, ticks, writer);
    if (!writer.RoundIsFull() && begin_ns % 1'000'000'000 != 0) continue;
    if (auto status = writer.EndRound(end_ns); !status.ok()) return status;
  }
  AddAsides(options, end_ns, writer);
  writer.AddSymbols(program.symbols);
  const RecorderStatistics cost{.user_ns = end_ns / 50,
                                .system_ns = end_ns / 100,
                                .wall_ns = end_ns,
                                .ticks = ticks[1] + ticks[2],
                                .channel_events = 2 * options.workload.churn + kObjects};
  return writer.Finish(cost);
}

absl::Status Run(const Options& options) {
  const Program program =
      MakeProgram(options.workload.DurationNs(), options.hostile ? Names::kHostile : Names::kPlain);
  auto writer = trace::TraceWriter::Create(
      options.output, MakeHeader(options, program),
      options.compress ? trace::Compression::kZstd : trace::Compression::kNone,
      trace::Overwrite::kReplace);
  if (!writer.ok()) return writer.status();
  if (auto status = WriteRecords(options, program, *writer); !status.ok()) return status;
  if (writer->totals().access_records != options.workload.accesses) {
    return absl::InternalError(fmt::format("{} accesses were made instead of {}",
                                           writer->totals().access_records,
                                           options.workload.accesses));
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options{.workload = {.accesses = 10'000'000}};
  CLI::App app("Writes a synthetic trace for measurements.", "make_trace");
  app.add_option("-o,--output", options.output, "Trace file, replaced if it exists")->required();
  app.add_option("-n,--accesses", options.workload.accesses, "Access records (default 10000000)");
  app.add_option("--churn", options.workload.churn,
                 "Short-lived small blocks: malloc and free (default 0)");
  app.add_option("--faults", options.workload.faults, "Page faults, about (default 0)");
  app.add_option("--rate", options.workload.accesses_per_second,
                 "Access records a second, which sets the recording's length (default 80000)")
      ->check(CLI::Range(1.0, 1e9));
  app.add_option("--seed", options.workload.seed, "Of the random numbers (default 1)");
  app.add_flag("--clock", options.clock,
               "As of the clock source: ticks of four accesses each, with weights, without latency "
               "and data source; otherwise as of a PMU");
  app.add_flag("--hostile", options.hostile, "Names that break careless readers");
  app.add_flag("--compress", options.compress, "Compressed blocks");
  CLI11_PARSE(app, argc, argv);
  options.workload.sampling = options.clock ? Sampling::kClock : Sampling::kPmu;
  if (const auto status = Run(options); !status.ok()) {
    fmt::print(stderr, "make_trace: {}\n", status.ToString());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace heimdallr::bench

int main(int argc, char** argv) { return heimdallr::bench::Main(argc, argv); }
