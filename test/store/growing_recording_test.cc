// A recording that comes once more, with more of it or with less.
#include <map>

#include "fake_recording.h"

namespace heimdallr::store {
namespace {

using namespace std::string_view_literals;

const RecordingName kName{.run = "a", .number = 3, .identity = "1", .path = "a/3.htrace"};

// Leaves rows in every table.
FakeRecording Whole() {
  FakeRecording recording = SmallRecording();
  recording.header_.environment = {"OMP_NUM_THREADS=2"};
  recording.header_.memories = {{.id = 1, .name = "node:1", .nodes = {1}}};
  recording.header_.nodes = {{.id = 1, .memory_bytes = 4096, .cpus = {0, 2}, .distances = {10}}};
  recording.extent_ = {.good_bytes = 900, .file_bytes = 900, .finished = true};
  ModuleSymbols& module = recording.symbols_.modules[{"/bin/program", "id"}];
  module.path = "/bin/program";
  module.build_id = "id";
  module.code = {{.offset = 0x1004, .frames = {{"allocate", "a.c", 7}, {"main", "a.c", 9}}}};
  module.data = {{.offset = 0x8000, .size = 16, .name = "table"}};
  recording.stacks_[1] = {0x401005, 0x401105};
  std::vector<Record>& records = recording.records_;
  records.insert(records.begin() + 1, MappingRecord{.address = 0x400000,
                                                    .size = 0x10000,
                                                    .path = "/bin/program"sv,
                                                    .build_id = "id"sv,
                                                    .protection = 5,
                                                    .pid = 100,
                                                    .tid = 100});
  std::get<AllocationRecord>(records[2]).stack = 1;
  records.insert(
      records.end(),
      {ThreadRecord{.time_ns = 41, .name = "worker"sv, .pid = 100, .tid = 101},
       FaultRecord{.time_ns = 42, .address = 0x600000, .pid = 100, .tid = 100, .stream = 2},
       LossRecord{.time_ns = 43, .count = 2, .stream = 1, .kind = LossKind::kRingOverflow},
       PlacementRecord{.time_ns = 44, .address = 0x600000, .size = 4096, .node = 1, .pid = 100},
       PeriodRecord{.time_ns = 44, .period = 2000, .stream = 1}});
  return recording;
}

// The same while it was made, when it had so many records.
FakeRecording Growing(std::size_t records) {
  FakeRecording recording = Whole();
  recording.records_.resize(records, PeriodRecord{});
  recording.extent_ = {.good_bytes = 50 * records, .file_bytes = 50 * records + 7, .cut = true};
  recording.symbols_ = {};
  return recording;
}

// All rows of all tables.
std::map<std::string, std::vector<std::string>> Rows(const TemporaryDatabase& database) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const std::string& table :
       database.Texts("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    std::string columns;
    for (const std::string& column :
         database.Texts("SELECT name FROM pragma_table_info('" + table + "')")) {
      columns += (columns.empty() ? "quote(" : " || ',' || quote(") + column + ")";
    }
    rows[table] = database.Texts("SELECT " + columns + " FROM " + table + " ORDER BY 1");
  }
  return rows;
}

TEST_CASE("AddRecording: more of a recording takes the place of less, and leaves nothing of it") {
  const TemporaryDatabase database;
  const TemporaryDatabase fresh;
  REQUIRE(fresh.Add(Whole(), kName).gain == Gain::kRecording);
  for (const auto& [table, rows] : Rows(fresh)) {
    INFO(table);
    CHECK_FALSE(rows.empty());
  }
  CHECK(database.Add(Growing(3), kName).gain == Gain::kRecording);
  CHECK(database.Add(Growing(7), kName).gain == Gain::kMore);
  CHECK(database.Integer("SELECT records FROM repetitions") == 7);
  CHECK(database.Add(Whole(), kName).gain == Gain::kMore);
  CHECK(Rows(database) == Rows(fresh));
}

TEST_CASE("AddRecording: leaves the rows of others alone when it replaces") {
  const TemporaryDatabase database;
  const RecordingName before{.run = "b", .identity = "2"};
  const RecordingName behind{.run = "c", .identity = "3"};
  database.Add(Whole(), before);
  database.Add(Growing(7), kName);
  database.Add(Whole(), behind);
  database.Add(Whole(), kName);
  const TemporaryDatabase fresh;
  for (const RecordingName& name : {before, behind, kName}) fresh.Add(Whole(), name);
  const auto rows = Rows(database);
  for (const auto& [table, expected] : Rows(fresh)) {
    INFO(table);
    CHECK(rows.at(table).size() == expected.size());
  }
  for (const char* run : {"a", "b", "c"}) CHECK(OpenRun(database.path(), {.run = run}).ok());
}

TEST_CASE("AddRecording: less of a recording, or as much, changes nothing") {
  const TemporaryDatabase database;
  database.Add(Growing(7), kName);
  const auto rows = Rows(database);
  for (const std::size_t records : {3U, 7U}) {
    CHECK(database.Add(Growing(records), kName).gain == Gain::kNothing);
  }
  CHECK(Rows(database) == rows);
}

TEST_CASE("AddRecording: a recording that is whole is never replaced by one that is not") {
  const TemporaryDatabase database;
  database.Add(Whole(), kName, Content::kStatistics);
  const auto rows = Rows(database);
  CHECK(database.Add(Growing(7), kName).gain == Gain::kNothing);
  CHECK(Rows(database) == rows);
}

TEST_CASE("AddRecording: what has its records keeps them when it is replaced") {
  const TemporaryDatabase database;
  database.Add(Growing(7), kName);
  const Added added = database.Add(Whole(), kName, Content::kStatistics);
  CHECK(added.gain == Gain::kMore);
  CHECK(added.repetition.content == Content::kWhole);
  CHECK(database.Integer("SELECT count(*) FROM accesses") == 2);
}

TEST_CASE("AddRecording: the replacement keeps run and number, and has its own path") {
  const TemporaryDatabase database;
  database.Add(Growing(7), kName);
  const Added added =
      database.Add(Whole(), {.run = "other", .number = 9, .identity = "1", .path = "o.htrace"});
  CHECK(added.repetition.name.run == "a");
  CHECK(added.repetition.name.number == 3);
  CHECK(added.repetition.name.path == "o.htrace");
  CHECK(database.Integer("SELECT count(*) FROM runs") == 1);
}

TEST_CASE("RunsWithRecords: one that is cut short does not stand for its run") {
  const TemporaryDatabase database;
  const auto runs = [&] {
    auto update = Update::Begin(database.path());
    REQUIRE(update.ok());
    const auto found = RunsWithRecords(update->connection());
    REQUIRE(found.ok());
    return *found;
  };
  database.Add(Growing(7), kName);
  CHECK(runs().empty());
  database.Add(Whole(), {.run = "a", .identity = "2"}, Content::kStatistics);
  CHECK(runs().empty());
  database.Add(Whole(), kName);
  CHECK(runs() == std::set<std::string>{"a"});
}

TEST_CASE("OpenRun: takes a repetition that is whole before one that is cut, if it may choose") {
  const TemporaryDatabase database;
  database.Add(Growing(7), {.run = "a", .number = 1, .identity = "1"});
  const auto records = [&](const Selection& selection) {
    const auto source = OpenRun(database.path(), selection);
    REQUIRE(source.ok());
    std::size_t count = 0;
    for (auto record = (*source)->Next(); record.ok() && *record != nullptr; ++count) {
      record = (*source)->Next();
    }
    return count;
  };
  CHECK(records({}) == 7);
  database.Add(Whole(), {.run = "a", .number = 2, .identity = "2"});
  CHECK(records({}) == Whole().records_.size());
  CHECK(records({.repetition = 1}) == 7);
}

}  // namespace
}  // namespace heimdallr::store
