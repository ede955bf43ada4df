// Writes a trace of more objects than a page keeps apart, each accessed once or a few times.
//
//     write-objects-trace PATH OBJECTS
//
// Blocks live one after the other at the same few addresses, from sites of different share.
#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "trace/trace_writer.h"

namespace {

using namespace heimdallr;
using trace::TraceWriter;

constexpr std::int32_t kPid = 4000;
constexpr std::uint64_t kText = 0x555555554000;
constexpr std::uint64_t kTextBytes = 0x10000;
constexpr std::uint64_t kHeap = 0x600000000000;
constexpr std::uint64_t kBlockBytes = 64;
constexpr std::uint64_t kSlots = 16;
constexpr std::uint64_t kStepNs = 1000;
// Of five blocks that follow each other.
constexpr std::array<std::uint64_t, 5> kSites = {0, 1, 0, 2, 0};

void AddProcess(TraceWriter& writer) {
  writer.Add(ProcessRecord{.time_ns = 1, .pid = kPid, .parent_pid = 1});
  writer.Add(ProcessRecord{.time_ns = 2,
                           .command = "many",
                           .executable = "/opt/many",
                           .pid = kPid,
                           .event = ProcessEvent::kExec});
  writer.Add(MappingRecord{.time_ns = 3,
                           .address = kText,
                           .size = kTextBytes,
                           .path = "/opt/many",
                           .protection = PROT_READ | PROT_EXEC,
                           .pid = kPid,
                           .tid = kPid});
}

void AddBlock(std::uint64_t number, TraceWriter& writer) {
  const std::uint64_t time_ns = 1000 + number * kStepNs;
  const std::uint64_t address = kHeap + number % kSlots * kBlockBytes;
  const std::uint64_t site = kSites[number % kSites.size()];
  writer.Add(AllocationRecord{.time_ns = time_ns,
                              .address = address,
                              .size = kBlockBytes,
                              .caller = kText + 0x100 * (1 + site),
                              .pid = kPid,
                              .tid = kPid,
                              .call = AllocationCall::kMalloc});
  for (std::uint64_t i = 0; i <= number % 3; ++i) {
    writer.Add(AccessRecord{.time_ns = time_ns + 100 + i,
                            .ip = kText + 0x1000 + 16 * (number % 7),
                            .address = address + 8 * i,
                            .tick = number + 1,
                            .period = 1,
                            .pid = kPid,
                            .tid = kPid,
                            .size = 8,
                            .stream = 1,
                            .kind = static_cast<AccessKind>((number + i) % 4)});
  }
  writer.Add(AllocationRecord{.time_ns = time_ns + 500,
                              .address = address,
                              .pid = kPid,
                              .tid = kPid,
                              .call = AllocationCall::kFree,
                              .event = AllocationEvent::kDeallocate});
}

absl::Status Write(const char* path, std::uint64_t objects) {
  const TraceHeader header{.tool_version = "write-objects-trace",
                           .host = "synthetic",
                           .online_cpus = 1,
                           .page_size_bytes = 4096,
                           .pid = kPid,
                           .command_line = {"/opt/many"},
                           .streams = {{.id = 1, .source = SourceKind::kPmu, .name = "loads"}},
                           .allocations = true};
  auto writer =
      TraceWriter::Create(path, header, trace::Compression::kNone, trace::Overwrite::kReplace);
  if (!writer.ok()) return writer.status();
  AddProcess(*writer);
  for (std::uint64_t i = 0; i < objects; ++i) {
    AddBlock(i, *writer);
    if (!writer->RoundIsFull()) continue;
    if (auto status = writer->EndRound(1000 + (i + 1) * kStepNs); !status.ok()) return status;
  }
  if (auto status = writer->EndRound(1000 + objects * kStepNs); !status.ok()) return status;
  return writer->Finish(RecorderStatistics{});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: write-objects-trace PATH OBJECTS\n");
    return 2;
  }
  const absl::Status status = Write(argv[1], std::strtoull(argv[2], nullptr, 10));
  if (!status.ok()) std::fprintf(stderr, "write-objects-trace: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
