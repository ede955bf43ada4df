// Writes a trace with data sources, latencies, inlined code, stacks and hostile names, for tests of
// exports.
//
//     write-export-trace PATH [PARTS [SCALE]]
//
// PARTS is "all" (default), "accesses", "allocations", "faults" or "empty"; SCALE multiplies the
// records. The hot function is inlined into main; object names are those of the functions below.
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "trace/trace_writer.h"

namespace {

using namespace heimdallr;
using trace::TraceWriter;

constexpr std::int32_t kPid = 4000;
constexpr std::int32_t kThread = 4001;
constexpr std::int32_t kChild = 4002;
constexpr std::uint64_t kText = 0x555555554000;
constexpr std::uint64_t kHeap = 0x600000000000;
constexpr std::uint64_t kBlocks = 16;
constexpr std::uint64_t kBlockBytes = 1 << 16;
// perf_mem_data_src of linux/perf_event.h: a load (2) that hit (2 << 5) L1 (8 << 5), a remote
// node's memory (1 << 11), a store (4) that hit L1.
constexpr std::uint64_t kL1Load = 0x2 | (0x2 | 0x8) << 5;
constexpr std::uint64_t kRemoteLoad = 0x2 | (0x2 | 0x200) << 5;
constexpr std::uint64_t kL1Store = 0x4 | (0x2 | 0x8) << 5;

const std::string& HostileName() {
  static const std::string name =
      "</script><script>alert(1)</script>;\"'\\,\n\r\t=cmd|' \xff\xfe " + std::string(10'000, 'x');
  return name;
}

TraceHeader Header(bool with_streams) {
  TraceHeader header;
  header.format_version = 1;
  header.tool_version = "0.1.0";
  header.host = "node7";
  header.kernel = "Linux 6.1.0 x86_64";
  header.online_cpus = 4;
  header.page_size_bytes = 4096;
  header.start_realtime_ns = 1'700'000'000'000'000'000;
  header.start_monotonic_ns = 50'000'000'000;
  header.pid = kPid;
  header.command_line = {"./solver", "two words", "<b>\n"};
  header.memories = {{.id = 0, .name = "default"},
                     {.id = 1, .name = "pmem:/mnt/<b>"},
                     {.id = 2, .name = "fallback"}};
  header.environment = {"OMPI_COMM_WORLD_RANK=3"};
  if (with_streams) {
    header.streams = {{.id = 1,
                       .source = SourceKind::kPmu,
                       .name = "loads",
                       .event = "cpu/mem-loads/P",
                       .period = 1009},
                      {.id = 2,
                       .source = SourceKind::kPmu,
                       .name = "stores",
                       .event = "cpu/mem-stores/P",
                       .period = 1009},
                      {.id = 3,
                       .source = SourceKind::kFaults,
                       .name = "faults",
                       .event = "page-faults:u",
                       .period = 1}};
  }
  header.allocations = true;
  return header;
}

void AddProcesses(TraceWriter& writer) {
  for (const std::int32_t pid : {kPid, kChild}) {
    writer.Add(ProcessRecord{.time_ns = 1, .pid = pid, .parent_pid = pid == kPid ? 1 : kPid});
    writer.Add(ProcessRecord{.time_ns = 2,
                             .command = "sol ver",
                             .executable = "/opt/my solver",
                             .build_id = std::string_view("\x12\x34\xab", 3),
                             .pid = pid,
                             .event = ProcessEvent::kExec});
    writer.Add(MappingRecord{.time_ns = 3,
                             .address = kText,
                             .size = 0x10000,
                             .offset = 0,
                             .path = "/opt/my solver",
                             .build_id = std::string_view("\x12\x34\xab", 3),
                             .protection = PROT_READ | PROT_EXEC,
                             .pid = pid,
                             .tid = pid});
  }
  writer.Add(ThreadRecord{.time_ns = 4, .pid = kPid, .tid = kThread});
  writer.Add(ThreadRecord{.time_ns = 5,
                          .name = "wor\nker;\xff",
                          .pid = kPid,
                          .tid = kThread,
                          .event = ThreadEvent::kName});
}

// Block i is allocated through one of two stacks; each fourth is freed at the end.
void AddAllocations(TraceWriter& writer, std::uint64_t scale, std::uint64_t end_ns) {
  const std::uint64_t plain[] = {kText + 0x101, kText + 0x201};
  const std::uint64_t hostile[] = {kText + 0x301, kText + 0x201};
  const std::uint32_t stacks[] = {writer.AddStack(plain), writer.AddStack(hostile)};
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    AllocationRecord record{.time_ns = 10 + i,
                            .address = kHeap + i * 2 * kBlockBytes,
                            .size = kBlockBytes,
                            .caller = i % 2 == 0 ? plain[0] : hostile[0],
                            .stack = stacks[i % 2],
                            .pid = kPid,
                            .tid = i < kBlocks / 2 ? kPid : kThread,
                            .call = AllocationCall::kMalloc,
                            .memory = static_cast<std::uint8_t>(i < 12 ? 1 : 2)};
    writer.Add(record);
    if (i % 4 != 0) continue;
    record.time_ns = end_ns;
    record.size = 0;
    record.caller = 0;
    record.stack = 0;
    record.call = AllocationCall::kFree;
    record.memory = 0;
    record.event = AllocationEvent::kDeallocate;
    writer.Add(record);
  }
  for (std::uint64_t i = 0; i < 100 * scale; ++i) {  // short-lived ones of the child
    AllocationRecord record{.time_ns = 100 + 2 * i,
                            .address = kHeap,
                            .size = 48,
                            .caller = kText + 0x101,
                            .pid = kChild,
                            .tid = kChild,
                            .call = AllocationCall::kOperatorNew};
    writer.Add(record);
    ++record.time_ns;
    record.size = 0;
    record.call = AllocationCall::kOperatorDelete;
    record.event = AllocationEvent::kDeallocate;
    writer.Add(record);
  }
}

void AddAccesses(TraceWriter& writer, std::uint64_t scale) {
  for (std::uint64_t i = 0; i < 1000 * scale; ++i) {
    const bool store = i % 5 == 0;
    writer.Add(AccessRecord{.time_ns = 1000 + i * 10'000,
                            .ip = kText + 0x400 + 4 * (i % 8),
                            .address = kHeap + (i % kBlocks) * 2 * kBlockBytes + i % 1000 * 8,
                            .tick = i + 1,
                            .data_source = store        ? kL1Store
                                           : i % 3 == 0 ? kRemoteLoad
                                                        : kL1Load,
                            .latency_cycles = static_cast<std::uint32_t>(store ? 0 : 5 + i % 300),
                            .period = 1009,
                            .pid = kPid,
                            .tid = i % 2 == 0 ? kPid : kThread,
                            .cpu = static_cast<std::uint32_t>(i % 4),
                            .size = 8,
                            .stream = static_cast<std::uint8_t>(store ? 2 : 1),
                            .kind = store ? AccessKind::kStore : AccessKind::kLoad});
  }
}

void AddFaults(TraceWriter& writer) {
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    writer.Add(FaultRecord{.time_ns = 900 + i,
                           .ip = kText + 0x400,
                           .address = kHeap + i * 2 * kBlockBytes,
                           .pid = kPid,
                           .tid = kPid,
                           .stream = 3});
  }
}

// Two looks: all blocks on node 0, then the odd ones on node 1, with each page standing for two.
void AddPlacements(TraceWriter& writer) {
  for (std::uint64_t i = 0; i < 2 * kBlocks; ++i) {
    const bool second = i >= kBlocks;
    const std::uint64_t block = i % kBlocks;
    writer.Add(PlacementRecord{.time_ns = second ? 2000U : 1000U,
                               .address = kHeap + block * 2 * kBlockBytes,
                               .size = kBlockBytes,
                               .weight = second ? 2.0F : 1.0F,
                               .node = static_cast<std::uint32_t>(second ? block % 2 : 0),
                               .pid = kPid});
  }
}

ModuleSymbols SolverSymbols() {
  ModuleSymbols module{.path = "/opt/my solver", .build_id = std::string("\x12\x34\xab", 3)};
  module.code = {{.offset = 0x100, .frames = {{"make_grid", "grid.c", 11}}},
                 {.offset = 0x200, .frames = {{"main", "main.c", 5}}},
                 {.offset = 0x300, .frames = {{HostileName(), "<i>\".c", 9}}}};
  for (std::uint32_t i = 0; i < 8; ++i) {
    module.code.push_back(
        {.offset = 0x400 + 4 * i,
         .frames = {{"sweep(double*, int)", "sweep.c", 20 + i}, {"main", "main.c", 8}}});
  }
  return module;
}

int Write(const char* path, const std::string& parts, std::uint64_t scale) {
  const bool all = parts == "all";
  auto writer = TraceWriter::Create(path, Header(parts != "allocations" && parts != "empty"),
                                    trace::Compression::kNone, trace::Overwrite::kReplace);
  if (!writer.ok()) return EXIT_FAILURE;
  const std::uint64_t end_ns = 1000 + 1000 * scale * 10'000;
  if (parts != "empty") AddProcesses(*writer);
  if (all || parts == "allocations") AddAllocations(*writer, scale, end_ns);
  if (all || parts == "faults") AddFaults(*writer);
  if (all || parts == "accesses") AddAccesses(*writer, scale);
  if (all) AddPlacements(*writer);
  if (all) {
    writer->Add(
        LossRecord{.time_ns = 500, .count = 7, .stream = 1, .kind = LossKind::kRingOverflow});
    writer->Add(PeriodRecord{.time_ns = 600, .period = 1009, .stream = 1});
  }
  if (!writer->EndRound(end_ns + 1).ok()) return EXIT_FAILURE;
  writer->AddSymbols(SolverSymbols());
  return writer->Finish({}).ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: write-export-trace PATH [PARTS [SCALE]]\n", stderr);
    return 2;
  }
  return Write(argv[1], argc > 2 ? argv[2] : "all",
               argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
}
