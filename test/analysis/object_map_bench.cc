// How fast allocations are replayed and accesses joined with blocks.
//
//     object-map-bench [LIVE_BLOCKS] [RECORDS]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "analysis/access_profile.h"

namespace {

using namespace heimdallr;

constexpr std::int32_t kPid = 100;
constexpr std::uint64_t kHeap = 0x600000000000;
constexpr std::uint64_t kSlotBytes = 512;

// CPU time: other programs may have the processor meanwhile.
double Since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

AllocationRecord Malloc(std::uint64_t time_ns, std::uint64_t slot) {
  return {.time_ns = time_ns,
          .address = kHeap + slot * kSlotBytes,
          .size = 16 + slot % 480,
          .caller = 0x400000 + 16 * (slot % 100),
          .pid = kPid,
          .tid = kPid,
          .call = AllocationCall::kMalloc};
}

AllocationRecord Free(std::uint64_t time_ns, std::uint64_t slot) {
  return {.time_ns = time_ns,
          .address = kHeap + slot * kSlotBytes,
          .pid = kPid,
          .tid = kPid,
          .call = AllocationCall::kFree,
          .event = AllocationEvent::kDeallocate};
}

void Report(const char* what, std::uint64_t records, double seconds) {
  std::printf("%-28s %9.2f M/s\n", what, static_cast<double>(records) / seconds / 1e6);
}

void Run(std::uint64_t live, std::uint64_t records) {
  const Symbols symbols;
  analysis::ObjectTable table;
  analysis::ObjectMap map(symbols, {}, 4096, table);
  map.Add(ProcessRecord{.pid = kPid, .parent_pid = 1});
  map.Add(MappingRecord{.address = kHeap, .size = live * kSlotBytes, .pid = kPid, .tid = kPid});
  std::mt19937_64 random(1);
  for (std::uint64_t slot = 0; slot < live; ++slot) map.Add(Malloc(slot, slot));
  std::vector<std::uint64_t> slots(records / 2);
  for (std::uint64_t& slot : slots) slot = random() % live;

  auto start = std::clock();
  std::uint64_t time_ns = live;
  for (const std::uint64_t slot : slots) {
    map.Add(Free(++time_ns, slot));
    map.Add(Malloc(++time_ns, slot));
  }
  Report("allocation records", records, Since(start));

  std::uint64_t found = 0;
  start = std::clock();
  for (const std::uint64_t slot : slots) {
    const std::uint64_t address = kHeap + slot * kSlotBytes + slot % 16;
    found += map.Find({.address = address, .ip = 0x400000, .pid = kPid, .tid = kPid}).object != 0;
  }
  Report("accesses joined", slots.size(), Since(start));
  if (found != slots.size()) std::printf("%s\n", "not all were found");
}

// The same accesses with everything that is summed.
void RunProfile(std::uint64_t live, std::uint64_t records) {
  TraceHeader header;
  header.streams = {{.id = 1, .source = SourceKind::kClock}};
  const Symbols symbols;
  analysis::AccessProfile profile(header, symbols, {});
  profile.Add(ProcessRecord{.pid = kPid, .parent_pid = 1});
  profile.Add(MappingRecord{.address = kHeap, .size = live * kSlotBytes, .pid = kPid, .tid = kPid});
  std::mt19937_64 random(1);
  for (std::uint64_t slot = 0; slot < live; ++slot) profile.Add(Record(Malloc(slot, slot)));
  std::vector<Record> accesses;
  for (std::uint64_t i = 0; i < records; ++i) {
    accesses.emplace_back(AccessRecord{.time_ns = live + i / 4,
                                       .ip = 0x400000 + 4 * (random() % 1000),
                                       .address = kHeap + random() % live * kSlotBytes,
                                       .tick = 1 + i / 4,
                                       .period = 1000,
                                       .pid = kPid,
                                       .tid = kPid,
                                       .stream = 1,
                                       .kind = AccessKind::kLoad});
  }
  const auto start = std::clock();
  for (const Record& record : accesses) profile.Add(record);
  profile.Finish();
  Report("accesses profiled", records, Since(start));
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t live = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t records = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 4'000'000;
  if (live == 0) return 2;
  Run(live, records);
  RunProfile(live, records);
  return 0;
}
