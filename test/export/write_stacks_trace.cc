// Writes a trace of a program whose every allocation comes through another call stack, to measure
// what stacks cost the exports.
//
//     write-stacks-trace PATH STACKS DEPTH
//
// The outer half of the frames is shared by many, as in real programs; blocks live for a while.
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "trace/trace_writer.h"

namespace {

using namespace heimdallr;
using trace::TraceWriter;

constexpr std::int32_t kPid = 4000;
constexpr std::uint64_t kText = 0x555555554000;
constexpr std::uint64_t kTextBytes = 0x100000;
constexpr std::uint64_t kHeap = 0x600000000000;
constexpr std::uint64_t kBlockBytes = 64;
constexpr std::uint64_t kFunctions = 1024;
constexpr std::uint64_t kFunctionBytes = 256;
constexpr std::uint64_t kAlive = 1000;  // blocks at a time
constexpr std::uint64_t kStepNs = 1000;

void AddProcess(TraceWriter& writer) {
  writer.Add(ProcessRecord{.time_ns = 1, .pid = kPid, .parent_pid = 1});
  writer.Add(ProcessRecord{.time_ns = 2,
                           .command = "deep",
                           .executable = "/opt/deep",
                           .pid = kPid,
                           .event = ProcessEvent::kExec});
  writer.Add(MappingRecord{.time_ns = 3,
                           .address = kText,
                           .size = kTextBytes,
                           .path = "/opt/deep",
                           .protection = PROT_READ | PROT_EXEC,
                           .pid = kPid,
                           .tid = kPid});
}

// Scatters neighbouring numbers (the finalizer of splitmix64).
std::uint64_t Mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Innermost first: where the calls return to. The outermost frames vary least.
std::vector<std::uint64_t> Stack(std::uint64_t number, std::uint64_t depth) {
  std::vector<std::uint64_t> frames(depth);
  for (std::uint64_t level = 0; level < depth; ++level) {
    const bool outer = level >= depth / 2;
    const std::uint64_t function = Mixed((outer ? number >> 6 : number) * 64 + level) % kFunctions;
    frames[level] = kText + function * kFunctionBytes + 16 + level;
  }
  return frames;
}

void AddBlock(std::uint64_t number, std::uint64_t depth, TraceWriter& writer) {
  const std::vector<std::uint64_t> frames = Stack(number, depth);
  const std::uint64_t time_ns = 10 + number * kStepNs;
  if (number >= kAlive) {
    writer.Add(AllocationRecord{.time_ns = time_ns - 1,
                                .address = kHeap + (number - kAlive) * kBlockBytes,
                                .pid = kPid,
                                .tid = kPid,
                                .call = AllocationCall::kFree,
                                .event = AllocationEvent::kDeallocate});
  }
  writer.Add(AllocationRecord{.time_ns = time_ns,
                              .address = kHeap + number * kBlockBytes,
                              .size = 1 + number % kBlockBytes,
                              .caller = frames.front(),
                              .stack = writer.AddStack(frames),
                              .pid = kPid,
                              .tid = kPid,
                              .call = AllocationCall::kMalloc});
}

ModuleSymbols Symbols() {
  ModuleSymbols module{.path = "/opt/deep"};
  for (std::uint64_t i = 0; i < kFunctions; ++i) {
    const std::string name =
        "deep::Tree<double, 3>::Visit_" + std::to_string(i) + "(deep::Node const&, unsigned long)";
    for (std::uint64_t level = 0; level < 64; ++level) {
      module.code.push_back({.offset = i * kFunctionBytes + 15 + level,
                             .frames = {{name, "src/tree.cc", static_cast<std::uint32_t>(level)}}});
    }
  }
  return module;
}

int Write(const char* path, std::uint64_t stacks, std::uint64_t depth) {
  TraceHeader header;
  header.tool_version = "0.1.0";
  header.host = "node7";
  header.online_cpus = 4;
  header.page_size_bytes = 4096;
  header.pid = kPid;
  header.command_line = {"/opt/deep"};
  header.allocations = true;
  auto writer =
      TraceWriter::Create(path, header, trace::Compression::kZstd, trace::Overwrite::kReplace);
  if (!writer.ok()) return EXIT_FAILURE;
  AddProcess(*writer);
  for (std::uint64_t i = 0; i < stacks; ++i) {
    AddBlock(i, depth, *writer);
    if (writer->RoundIsFull() && !writer->EndRound(10 + i * kStepNs).ok()) return EXIT_FAILURE;
  }
  if (!writer->EndRound(10 + stacks * kStepNs).ok()) return EXIT_FAILURE;
  writer->AddSymbols(Symbols());
  return writer->Finish({}).ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: write-stacks-trace PATH STACKS DEPTH\n", stderr);
    return 2;
  }
  return Write(argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
}
