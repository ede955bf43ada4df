#include <catch2/catch.hpp>

#include "analysis/object_map.h"
#include "profile_records.h"

namespace heimdallr::analysis {
namespace {

constexpr std::uint64_t kHeap = 0x600000;
constexpr std::uint64_t kLibc = 0x7f0000000000;

MappingRecord HeapMapping() { return Mapped(0, kHeap, 0x100000); }

MappingRecord LibcCode() {
  MappingRecord libc = Mapped(0, kLibc, 0x100000, "/lib/libc.so.6");
  libc.protection = PROT_READ | PROT_EXEC;
  return libc;
}

AccessRecord ByLibc(AccessRecord record) {
  record.ip = kLibc + 0x100;
  return record;
}

TEST_CASE("Objects: an address used again belongs to the block alive at the time") {
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(10, kHeap + 0x100, 64), Load(11, kHeap + 0x120),
            Free(12, kHeap + 0x100), Malloc(20, kHeap + 0x100, 64), Load(21, kHeap + 0x100),
            Load(22, kHeap + 0x13f));
  CHECK(trace.RecordsAt(kHeap + 0x100, 10) == 1);
  CHECK(trace.RecordsAt(kHeap + 0x100, 20) == 2);
  CHECK(trace.At(kHeap + 0x100, 10)->end_ns == 12);
  CHECK_FALSE(trace.At(kHeap + 0x100, 20)->end_ns);
}

TEST_CASE("Objects: blocks of one site are one row, with those never accessed") {
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(10, kHeap, 64), Malloc(10, kHeap + 0x100, 32),
            Load(11, kHeap + 8), Free(30, kHeap), Load(50, kHeap + 0x100));
  const auto rows = trace.Rows(ObjectBy::kSite);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].count == 2);
  CHECK(rows[0].bytes == 64 + 32);
  CHECK(rows[0].quantities.loads == 2);
  // One lived 20 ns, the other has lived for 40 at the end of the trace.
  CHECK(rows[0].mean_lifetime_ns == Approx((20 + 40) / 2.0));
  CHECK(rows[0].site->module == "/bin/solver");
  CHECK(rows[0].site->offset == kCaller - 0x400000);
}

TEST_CASE("Objects: a realloc in place makes a new object") {
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(10, kHeap, 64), Load(11, kHeap),
            GiveUp(20, AllocationCall::kRealloc, kHeap),
            Renew(21, AllocationCall::kRealloc, kHeap, 256, kHeap), Load(22, kHeap + 200));
  CHECK(trace.RecordsAt(kHeap, 10) == 1);
  CHECK(trace.RecordsAt(kHeap, 21) == 1);
  CHECK(trace.At(kHeap, 21)->bytes == 256);
}

TEST_CASE("Objects: a realloc that copies reads the old block and writes the new") {
  Profiled trace;
  trace.Add(HeapMapping(), LibcCode(), Malloc(10, kHeap, 64),
            GiveUp(20, AllocationCall::kRealloc, kHeap), ByLibc(Load(21, kHeap + 32)),
            ByLibc(Load(22, kHeap + 0x1020)),
            Renew(30, AllocationCall::kRealloc, kHeap + 0x1000, 256, kHeap));
  CHECK(trace.RecordsAt(kHeap, 10) == 1);
  CHECK(trace.RecordsAt(kHeap + 0x1000, 30) == 1);
}

TEST_CASE("Objects: a realloc that fails leaves the old block, one of no bytes does not") {
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(10, kHeap, 64), Malloc(10, kHeap + 0x100, 64),
            GiveUp(20, AllocationCall::kRealloc, kHeap),
            Renew(21, AllocationCall::kRealloc, 0, 1 << 30, kHeap), Load(22, kHeap),
            GiveUp(30, AllocationCall::kRealloc, kHeap + 0x100),
            Renew(31, AllocationCall::kRealloc, 0, 0, kHeap + 0x100), Load(32, kHeap + 0x100));
  CHECK(trace.RecordsAt(kHeap, 10) == 1);
  CHECK(trace.RecordsAt(kHeap + 0x100) == 0);
  CHECK(trace.Missing(Unmatched::kBetweenBlocks) == 1);
}

TEST_CASE("Objects: what calloc clears is the block it returns") {
  Profiled trace;
  AllocationRecord calloc = Malloc(5'000'000, kHeap, 4096);
  calloc.call = AllocationCall::kCalloc;
  trace.Add(HeapMapping(), LibcCode(), ByLibc(Load(1'000'000, kHeap + 100)), calloc);
  CHECK(trace.RecordsAt(kHeap) == 1);
}

TEST_CASE("Objects: where no block is known, what libc's functions touch is no heap") {
  Profiled trace;
  trace.Add(HeapMapping(), LibcCode(), ByLibc(Load(21, kHeap + 32)));
  const auto rows = trace.Rows(ObjectBy::kType);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].type == ObjectType::kAnonymous);
}

TEST_CASE("Objects: the allocator's own accesses between blocks are its own") {
  Profiled trace;
  trace.Add(HeapMapping(), LibcCode(), Malloc(10, kHeap + 0x100, 64),
            ByLibc(Load(11, kHeap + 0xf8)), Load(12, kHeap + 0x800));
  CHECK(trace.Missing(Unmatched::kBetweenBlocks) == 1);
  const auto rows = trace.Rows(ObjectBy::kType);
  const auto own = std::find_if(rows.begin(), rows.end(), [](const ObjectRow& row) {
    return row.type == ObjectType::kAllocator;
  });
  REQUIRE(own != rows.end());
  CHECK(own->quantities.records() == 1);
}

TEST_CASE("Objects: a block reaches as far as malloc rounds up, and no further") {
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(10, kHeap, 10), Load(11, kHeap + 23), Load(12, kHeap + 30),
            Load(13, kHeap + 40));
  // 24 bytes are the least malloc gives; other allocators give up to 24 more than asked for.
  CHECK(trace.RecordsAt(kHeap) == 2);
  CHECK(trace.Missing(Unmatched::kBetweenBlocks) == 1);
}

TEST_CASE("Objects: a vector read that begins before a block belongs to the block") {
  Profiled trace;
  AccessRecord vector = Load(11, kHeap + 0xf0);
  vector.size = 32;
  trace.Add(HeapMapping(), Malloc(10, kHeap + 0x100, 64), vector);
  CHECK(trace.RecordsAt(kHeap + 0x100) == 1);
}

TEST_CASE("Objects: a free stamped after the next allocation does not end the new block") {
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(1000, kHeap, 64), Malloc(2000, kHeap, 64), Free(2100, kHeap),
            Load(3000, kHeap));
  CHECK(trace.RecordsAt(kHeap, 2000) == 1);
}

TEST_CASE("Objects: a forked child has its parent's blocks as its own") {
  constexpr std::int32_t kChild = kPid + 1;
  Profiled trace;
  trace.Add(HeapMapping(), Malloc(10, kHeap, 64), Load(11, kHeap), Start(kChild, kPid),
            Load(20, kHeap, kChild), Load(21, kHeap), Free(22, kHeap, kChild),
            Load(23, kHeap, kChild), Load(24, kHeap));
  CHECK(trace.RecordsAt(kHeap, 10, kPid) == 3);
  CHECK(trace.RecordsAt(kHeap, 10, kChild) == 1);
  CHECK(trace.At(kHeap, 10, kChild)->end_ns == 22);
  CHECK_FALSE(trace.At(kHeap, 10, kPid)->end_ns);
  // The block was allocated once.
  CHECK(trace.Rows(ObjectBy::kSite)[0].count == 1);
}

TEST_CASE("Objects: nothing is left of a process after exec and exit") {
  Profiled trace;
  ProcessRecord exec = Exec(kPid);
  exec.time_ns = 20;
  ProcessRecord exit = Exit(kPid);
  exit.time_ns = 30;
  trace.Add(HeapMapping(), Malloc(10, kHeap, 64), Load(11, kHeap), exec, Load(21, kHeap), exit,
            Load(31, kHeap));
  CHECK(trace.RecordsAt(kHeap, 10) == 1);
  CHECK(trace.At(kHeap, 10)->end_ns == 20);
  CHECK(trace.Missing(Unmatched::kNotMapped) == 1);
  CHECK(trace.Missing(Unmatched::kProcessUnknown) == 1);
}

TEST_CASE("Objects: of too many, the least accessed are merged into their site") {
  ObjectTable table(2);
  const std::uint32_t group = table.GroupOf({.type = ObjectType::kHeap});
  // 2 x 2 + 1 ended objects with 1, 2, ... 5 accesses.
  for (std::uint64_t i = 1; i <= 5; ++i) {
    table.Begin(group, 10, i);
    const ObjectId id = table.Keep({.group = group, .address = i, .size = 10});
    for (std::uint64_t k = 0; k < i; ++k) {
      table[id].quantities.Add(Load(i, i), {.estimate = 1});
    }
    table.Release(id, 100);
  }
  std::uint64_t kept = 0;
  table.ForEach([&](const Object& object) { kept += object.quantities.loads; });
  CHECK(kept == 5 + 4);
  CHECK(table.groups()[group].folded.loads == 1 + 2 + 3);
  CHECK(table.groups()[group].folded_count == 3);
  CHECK(table.groups()[group].folded_bytes == 30);
}

}  // namespace
}  // namespace heimdallr::analysis
