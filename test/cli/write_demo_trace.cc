// Writes a trace whose contents are known, for looking at and testing trace-dump.
//
//     write-demo-trace PATH ROUNDS [unfinished]
//
// A shell (pid 100) starts 12 children (pids 101..112), each executing "worker". Each round makes
// one access and one allocation and free of 64 bytes in pid 100; blocks of 1000 bytes are kept in
// the first 10 rounds. Names and paths hold what a careless tool would pass to the terminal.
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "trace/trace_writer.h"

namespace {

using namespace std::string_view_literals;
using heimdallr::AccessKind;
using heimdallr::AllocationCall;
using heimdallr::AllocationEvent;
using heimdallr::AllocationRecord;
using heimdallr::LossKind;
using heimdallr::ProcessEvent;
using heimdallr::SourceKind;
using heimdallr::StreamInfo;
using heimdallr::trace::TraceWriter;

constexpr std::int32_t kShell = 100;
constexpr std::int32_t kChildren = 12;
constexpr std::uint64_t kNsPerRound = 1000;

heimdallr::TraceHeader Header(std::uint64_t rounds) {
  heimdallr::TraceHeader header;
  header.format_version = 1;
  header.tool_version = "0.1.0";
  header.host = "node7";
  header.kernel = "Linux 6.1.0 x86_64";
  header.processor = "Example CPU";
  header.online_cpus = 2;
  header.page_size_bytes = 4096;
  // One of other rounds is another recording, and so began at another time.
  header.start_realtime_ns = 1'700'000'000'000'000'000 + rounds;
  header.pid = kShell;
  header.command_line = {"./shell", "two words", "it's", "bell\a"};
  header.working_directory = "/work\xff";
  header.environment = {"MALLOC_ARENA_MAX=2"};
  header.streams = {{.id = 1,
                     .source = SourceKind::kClock,
                     .name = "clock",
                     .event = "cpu-clock:u",
                     .period = 1'000'000,
                     .frequency_hz = 1000},
                    {.id = 2,
                     .source = SourceKind::kFaults,
                     .name = "faults",
                     .event = "page-faults:u",
                     .period = 1}};
  header.allocations = true;
  header.stack_depth = 2;
  return header;
}

void AddProcess(TraceWriter& writer, std::int32_t pid, std::string_view name,
                std::uint64_t user_ns) {
  writer.Add(heimdallr::ProcessRecord{
      .pid = pid, .parent_pid = pid == kShell ? 1 : kShell, .event = ProcessEvent::kStart});
  writer.Add(heimdallr::ProcessRecord{.command = name,
                                      .executable = "/bin/\x1b[31mred",
                                      .build_id = "\x01\x02"sv,
                                      .pid = pid,
                                      .event = ProcessEvent::kExec});
  writer.Add(heimdallr::MappingRecord{.address = 0x400000,
                                      .size = 0x10000,
                                      .offset = 0x1000,
                                      .path = "/bin/caf\xc3\xa9\xff",
                                      .protection = 5,
                                      .pid = pid,
                                      .tid = pid});
  writer.Add(heimdallr::StatisticsRecord{.wall_ns = 2 * user_ns,
                                         .user_ns = user_ns,
                                         .system_ns = 0,
                                         .max_rss_bytes = 1 << 20,
                                         .minor_faults = 5,
                                         .pid = pid,
                                         .exit_code = 0});
}

void AddRound(TraceWriter& writer, std::uint64_t round, std::uint32_t stack) {
  const std::uint64_t time_ns = (round + 1) * kNsPerRound;
  writer.Add(
      heimdallr::AccessRecord{.time_ns = time_ns,
                              .ip = 0x400100 + 4 * (round % 50),
                              .address = 0x7f0000000000 + 8 * (round % 100'000),
                              .tick = round + 1,
                              .pid = kShell,
                              .tid = kShell,
                              .cpu = static_cast<std::uint32_t>(round % 2),
                              .size = 8,
                              .stream = 1,
                              .kind = round % 4 == 0 ? AccessKind::kStore : AccessKind::kLoad});
  AllocationRecord record{.time_ns = time_ns + 1,
                          .address = 0x10000,
                          .size = 64,
                          .caller = 0x400200,
                          .stack = stack,
                          .pid = kShell,
                          .tid = kShell,
                          .call = AllocationCall::kMalloc};
  writer.Add(record);
  if (round < 10) {
    AllocationRecord kept = record;
    kept.time_ns = time_ns + 2;
    kept.address = 0x20000 + 1024 * round;
    kept.size = 1000;
    kept.caller = 0x400300;
    kept.stack = 0;
    kept.call = AllocationCall::kOperatorNewArray;
    writer.Add(kept);
  }
  record.time_ns = time_ns + 3;
  record.size = 0;
  record.stack = 0;
  record.call = AllocationCall::kFree;
  record.event = AllocationEvent::kDeallocate;
  writer.Add(record);
}

// The code of the accesses is one function of a line for each instruction; what is called there
// returns to its last line.
heimdallr::ModuleSymbols WalkSymbols() {
  heimdallr::ModuleSymbols module{.path = "/bin/caf\xc3\xa9\xff"};
  for (std::uint32_t i = 0; i < 50; ++i) {
    module.code.push_back({.offset = 0x1100 + 4 * i, .frames = {{"walk", "walk.c", 1 + i}}});
  }
  module.code.push_back({.offset = 0x11ff, .frames = {{"walk", "walk.c", 60}}});
  return module;
}

int Write(const char* path, std::uint64_t rounds, bool finish) {
  auto writer = TraceWriter::Create(path, Header(rounds), heimdallr::trace::Compression::kNone,
                                    heimdallr::trace::Overwrite::kReplace);
  if (!writer.ok()) return EXIT_FAILURE;
  AddProcess(*writer, kShell, "shell", 50'000'000);
  for (std::int32_t i = 1; i <= kChildren; ++i) {
    AddProcess(*writer, kShell + i, "worker", static_cast<std::uint64_t>(i) * 1'000'000);
  }
  const std::uint64_t frames[] = {0x400200, 0x400204};
  const std::uint32_t stack = writer->AddStack(frames);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    AddRound(*writer, round, stack);
    if (round % 1000 == 999 && !writer->EndRound((round + 1) * kNsPerRound).ok()) return 1;
  }
  const std::uint64_t end_ns = (rounds + 1) * kNsPerRound;
  writer->Add(heimdallr::PeriodRecord{.time_ns = end_ns, .period = 2'000'000, .stream = 1});
  writer->Add(heimdallr::FaultRecord{.time_ns = end_ns, .pid = kShell, .tid = kShell, .stream = 2});
  writer->Add(heimdallr::LossRecord{
      .time_ns = end_ns, .count = 3, .stream = 1, .kind = LossKind::kNoMemoryOperand});
  writer->Add(
      heimdallr::LossRecord{.time_ns = end_ns, .count = 7, .kind = LossKind::kAllocationOverflow});
  if (!writer->EndRound(end_ns + 1).ok()) return EXIT_FAILURE;
  if (!finish) std::_Exit(EXIT_SUCCESS);  // as a recorder that is killed
  writer->AddSymbols(WalkSymbols());
  return writer->Finish({.user_ns = 1'000'000, .wall_ns = 100'000'000, .ticks = rounds + 3}).ok()
             ? EXIT_SUCCESS
             : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: write-demo-trace PATH ROUNDS [unfinished]\n", stderr);
    return 2;
  }
  return Write(argv[1], std::strtoull(argv[2], nullptr, 10), argc < 4);
}
