#include <map>

#include "fake_recording.h"

namespace heimdallr::store {
namespace {

constexpr std::uint64_t kFirst = 0x600000;
constexpr std::uint64_t kSecond = 0x700000;

// Two blocks of different callers, the first accessed by two threads.
FakeRecording TwoBlocks() {
  FakeRecording recording = SmallRecording();
  recording.header_.streams = {
      {.id = 1, .source = SourceKind::kPmu, .name = "loads", .period = 10}};
  recording.records_ = {ProcessRecord{.time_ns = 0, .command = "program", .pid = 100},
                        MappingRecord{.time_ns = 0,
                                      .address = 0x400000,
                                      .size = 0x10000,
                                      .path = "/bin/program",
                                      .protection = 5,
                                      .pid = 100,
                                      .tid = 100}};
  const auto allocate = [&](std::uint64_t time, std::uint64_t address, std::uint64_t caller) {
    recording.records_.emplace_back(AllocationRecord{.time_ns = time,
                                                     .address = address,
                                                     .size = 4096,
                                                     .caller = caller,
                                                     .pid = 100,
                                                     .tid = 100,
                                                     .call = AllocationCall::kMalloc});
  };
  const auto access = [&](std::uint64_t time, std::uint64_t address, std::int32_t tid,
                          AccessKind kind) {
    recording.records_.emplace_back(AccessRecord{.time_ns = time,
                                                 .ip = 0x400000 + time,
                                                 .address = address,
                                                 .latency_cycles = 100,
                                                 .period = 10,
                                                 .pid = 100,
                                                 .tid = tid,
                                                 .size = 8,
                                                 .stream = 1,
                                                 .kind = kind});
  };
  allocate(1, kFirst, 0x400105);
  allocate(2, kSecond, 0x400205);
  access(10, kFirst, 100, AccessKind::kLoad);
  access(11, kFirst + 8, 101, AccessKind::kLoad);
  access(12, kFirst + 8, 101, AccessKind::kStore);
  access(13, kSecond, 100, AccessKind::kLoadStore);
  access(14, 0x10, 100, AccessKind::kLoad);
  recording.records_.emplace_back(
      FaultRecord{.time_ns = 15, .ip = 0x400020, .address = kSecond, .pid = 100, .tid = 100});
  return recording;
}

TEST_CASE("AddRecording: an access refers to its object, group and code") {
  const TemporaryDatabase database;
  FakeRecording recording = TwoBlocks();
  recording.symbols_.modules[{"/bin/program", ""}] = {
      .path = "/bin/program",
      .code = {{.offset = 0x104, .frames = {{"make_first", "p.c", 3}}},
               {.offset = 0x204, .frames = {{"make_second", "p.c", 4}}}}};
  database.Add(recording, {.run = "run", .identity = "1"});
  CHECK(database.Integer("SELECT count(*) FROM access_list WHERE object_name LIKE 'make_first%'") ==
        3);
  CHECK(database.Integer("SELECT count(*) FROM access_list WHERE object_name LIKE "
                         "'make_second%'") == 1);
  CHECK(database.Integer("SELECT object_offset FROM access_list WHERE time_ns = 12") == 8);
  CHECK(database.Integer("SELECT count(*) FROM access_list WHERE unmatched = 'null_page'") == 1);
  CHECK(database.Integer("SELECT ip FROM access_list WHERE time_ns = 12") == 0x40000c);
  CHECK(database.Integer("SELECT count(*) FROM access_list WHERE function = 'program+0xc' AND "
                         "module = '/bin/program'") == 1);
  CHECK(database.Integer("SELECT count(*) FROM allocation_list WHERE function = 'make_second'") ==
        1);
  CHECK(database.Integer("SELECT count(*) FROM fault_list WHERE object_name LIKE 'make_second%'") ==
        1);
}

TEST_CASE("AddRecording: a site is in its own module, also where another has code at that offset") {
  const TemporaryDatabase database;
  FakeRecording recording = TwoBlocks();
  std::get<MappingRecord>(recording.records_[1]).size = 0x1000;
  recording.records_.insert(recording.records_.begin() + 1, MappingRecord{.address = 0x500000,
                                                                          .size = 0x1000,
                                                                          .path = "/lib/allocator",
                                                                          .protection = 5,
                                                                          .pid = 100,
                                                                          .tid = 100});
  auto& block = std::get<AllocationRecord>(recording.records_[3]);
  block.caller = 0x500105;
  block.stack = 1;
  recording.stacks_[1] = {0x500105, 0x400105};
  recording.symbols_.modules[{"/lib/allocator", ""}] = {
      .path = "/lib/allocator",
      .code = {{.offset = 0x104, .frames = {{"operator new(unsigned long)", "", 0}}}}};
  recording.symbols_.modules[{"/bin/program", ""}] = {
      .path = "/bin/program", .code = {{.offset = 0x104, .frames = {{"make_first", "p.c", 3}}}}};
  database.Add(recording, {.run = "run", .identity = "1"});
  CHECK(database.Texts("SELECT p.function || ' in ' || m.path FROM object_groups AS g "
                       "JOIN places AS p ON p.id = g.site JOIN modules AS m ON m.id = p.module "
                       "WHERE g.name LIKE 'make_first%'") ==
        std::vector<std::string>{"make_first in /bin/program"});
}

TEST_CASE("AddRecording: sums of objects, groups and code are those of the rows") {
  const TemporaryDatabase database;
  FakeRecording recording = TwoBlocks();
  database.Add(recording, {.run = "run", .identity = "1"});
  for (const char* sums : {"objects", "object_groups"}) {
    const std::string table = sums;
    INFO(table);
    CHECK(database.Integer("SELECT loads FROM " + table + " WHERE stores = 1") == 2);
    CHECK(database.Integer("SELECT threads FROM " + table + " WHERE stores = 1") == 2);
    CHECK(database.Integer("SELECT load_stores FROM " + table + " WHERE faults = 1") == 1);
    CHECK(database.Integer("SELECT latency_cycles FROM " + table + " WHERE stores = 1") == 300);
    CHECK(database.Integer("SELECT first_ns FROM " + table + " WHERE stores = 1") == 10);
    CHECK(database.Integer("SELECT last_ns FROM " + table + " WHERE stores = 1") == 12);
    // Each record stands for 10 accesses.
    CHECK(database.Integer("SELECT estimated_loads FROM " + table + " WHERE stores = 1") == 20);
  }
  CHECK(database.Integer("SELECT sum(loads + stores + load_stores) FROM instructions") == 5);
  CHECK(database.Integer("SELECT loads FROM unmatched") == 1);
  CHECK(database.Integer("SELECT sum(allocations) FROM sites") == 2);
  CHECK(database.Integer("SELECT sum(bytes) FROM sites") == 8192);
  CHECK(database.Integer("SELECT count(*) FROM group_frames") == 2);
  CHECK(database.Integer("SELECT sum(loads) FROM heat") == 4);
  CHECK(database.Integer("SELECT sum(stores) FROM heat") == 2);
  CHECK(database.Integer("SELECT accesses FROM processes WHERE pid = 100") == 5);
  // The same by joining the rows.
  CHECK(database.Integer("SELECT count(*) FROM objects AS o WHERE loads + stores + load_stores <> "
                         "(SELECT count(*) FROM accesses WHERE object = o.id)") == 0);
  CHECK(database.Integer("SELECT count(*) FROM instructions AS i WHERE loads + stores + "
                         "load_stores <> (SELECT count(*) FROM accesses AS a JOIN code AS c ON "
                         "c.id = a.code WHERE c.place = i.place)") == 0);
}

TEST_CASE("AddRecording: shares of all groups and of no object make one") {
  const TemporaryDatabase database;
  FakeRecording recording = TwoBlocks();
  database.Add(recording, {.run = "run", .identity = "1"});
  // 6 accesses x 10, a load-store being two; one load lies nowhere.
  CHECK(database.Integer("SELECT round(1000 * sum(access_share)) FROM group_list") == 833);
}

TEST_CASE("AddRecording: the words for numbers are in the database") {
  const TemporaryDatabase database;
  FakeRecording recording = TwoBlocks();
  database.Add(recording, {.run = "run", .identity = "1"});
  CHECK(database.Integer("SELECT value FROM names WHERE of = 'allocation_call' AND "
                         "name = 'malloc'") == 1);
  CHECK(database.Integer("SELECT value FROM names WHERE of = 'access_kind' AND "
                         "name = 'store'") == 2);
  CHECK(database.Integer("SELECT value FROM names WHERE of = 'loss_kind' AND "
                         "name = 'multiplexed'") == 14);
  CHECK(database.Integer("SELECT value FROM names WHERE of = 'object_type' AND "
                         "name = 'anonymous'") == 8);
}

TEST_CASE("AddRecording: a database is whole in SQLite's own eyes") {
  const TemporaryDatabase database;
  FakeRecording recording = TwoBlocks();
  database.Add(recording, {.run = "run", .identity = "1"});
  database.Add(recording, {.run = "run", .identity = "2"});
  CHECK(database.Integer("SELECT count(*) FROM pragma_integrity_check() WHERE "
                         "integrity_check <> 'ok'") == 0);
  CHECK(database.Integer("SELECT count(*) FROM pragma_foreign_key_check()") == 0);
}

}  // namespace
}  // namespace heimdallr::store
