// Databases that were not made by this program, or not left as they were.
#include <fstream>
#include <random>

#include "analysis/access_profile.h"
#include "fake_recording.h"

namespace heimdallr::store {
namespace {

// Reads all there is; returns the first error.
absl::Status ReadAll(const std::string& path) {
  const auto list = ListRecordings(path);
  if (!list.ok()) return list.status();
  for (const Repetition& repetition : *list) {
    const auto source = OpenRun(path, {repetition.name.run, repetition.name.number});
    if (!source.ok()) return source.status();
    analysis::AccessProfile profile((*source)->header(), (*source)->symbols(),
                                    [&](std::uint32_t id) { return (*source)->Stack(id); });
    auto record = (*source)->Next();
    for (; record.ok() && *record != nullptr; record = (*source)->Next()) profile.Add(**record);
    profile.Finish();
    if (!record.ok()) return record.status();
  }
  return absl::OkStatus();
}

FakeRecording WithNames() {
  FakeRecording recording = SmallRecording();
  recording.symbols_.modules[{"/bin/a", ""}] = {
      .path = "/bin/a",
      .code = {{.offset = 1, .frames = {{"f", "", 0}}}, {.offset = 2, .frames = {{"g", "", 0}}}},
      .data = {{.offset = 0, .size = 8, .name = "x"}, {.offset = 8, .size = 8, .name = "y"}}};
  recording.stacks_[3] = {0x401005, 0x402006};
  std::get<AllocationRecord>(recording.records_[1]).stack = 3;
  recording.records_.emplace_back(LossRecord{.time_ns = 50, .count = 1});
  recording.records_.emplace_back(PeriodRecord{.time_ns = 51, .period = 7, .stream = 1});
  recording.records_.emplace_back(ThreadRecord{.time_ns = 52, .pid = 100, .tid = 100});
  recording.records_.emplace_back(MappingRecord{.time_ns = 53, .path = "/x", .pid = 100});
  return recording;
}

TEST_CASE("OpenRun: values that make no sense are an error that names the row") {
  const char* const change = GENERATE(
      "UPDATE accesses SET form = 99", "UPDATE accesses SET thread = -1",
      "UPDATE accesses SET code = 9223372036854775807", "UPDATE accesses SET code = 'text'",
      "UPDATE access_forms SET kind = 4", "UPDATE access_forms SET kind = -1",
      "UPDATE access_forms SET stream = 256", "UPDATE access_forms SET size = 70000",
      "UPDATE access_forms SET weight = 1e300", "UPDATE access_forms SET id = id + 1 WHERE id = 2",
      "UPDATE allocations SET call = 22", "UPDATE allocations SET event = 2",
      "UPDATE allocations SET caller = 5000", "UPDATE losses SET kind = 255",
      "UPDATE process_events SET event = 4", "UPDATE thread_events SET event = -4",
      "UPDATE statistics SET source = 3", "UPDATE mappings SET module = 0",
      "UPDATE stacks SET stack = 4294967296", "UPDATE stacks SET code = 77",
      "UPDATE periods SET overhead = 1e300", "UPDATE data_symbols SET kind = 2",
      "UPDATE data_symbols SET offset = 100 WHERE offset = 0",
      "UPDATE places SET offset = 100 WHERE named AND offset = 1", "DELETE FROM frames",
      "UPDATE frames SET place = 500 WHERE function = 'g'", "DELETE FROM accesses",
      "DELETE FROM losses", "DELETE FROM threads", "DELETE FROM access_forms",
      "UPDATE repetitions SET accesses = 3",
      "UPDATE repetitions SET first_id = 9223372036854775807",
      "UPDATE repetitions SET first_id = -5",
      "UPDATE repetitions SET accesses = 9223372036854775807",
      "UPDATE repetitions SET first_id = 3");
  const TemporaryDatabase database;
  FakeRecording recording = WithNames();
  database.Add(recording, {.run = "a", .identity = "1"});
  REQUIRE(ReadAll(database.path()).ok());
  database.Execute(change);
  const absl::Status status = ReadAll(database.path());
  INFO(change << " gave " << status.ToString());
  CHECK(absl::IsDataLoss(status));
  CHECK(std::string(status.message()).find(database.path()) != std::string::npos);
}

TEST_CASE("OpenRun: a schema that would do other things is refused") {
  const char* const change = GENERATE(
      "DROP TABLE accesses; CREATE VIEW accesses AS WITH RECURSIVE n(id) AS "
      "(SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, 1 AS time_ns FROM n",
      "ALTER TABLE losses ADD COLUMN more INTEGER", "DROP TABLE heat",
      "ALTER TABLE repetitions RENAME TO other",
      "DROP TABLE runs; CREATE TABLE runs(id INTEGER PRIMARY KEY, name TEXT, workload TEXT AS "
      "(zeroblob(1000000000)), mode TEXT)");
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  // As a hostile hand would: SQLite's own guards do not matter to it.
  database.Execute(
      "DROP VIEW recordings; DROP VIEW access_list; DROP VIEW fault_list; "
      "DROP VIEW allocation_list; DROP VIEW group_list; DROP VIEW object_list; "
      "DROP VIEW code_list; DROP VIEW site_list; DROP VIEW loss_list");
  database.Execute(change);
  INFO(change);
  CHECK(absl::IsDataLoss(ReadAll(database.path())));
  CHECK(absl::IsDataLoss(Update::Begin(database.path()).status()));
}

// Replaces the SQL of a table by other words.
void Reword(const TemporaryDatabase& database, const std::string& from, const std::string& to) {
  database.Execute("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '" +
                   from + "', '" + to + "') WHERE name = 'losses'");
}

TEST_CASE("OpenRun: comments in the schema may differ, words may not") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  Reword(database, "count INTEGER", "count   INTEGER");
  Reword(database, "-- 0 = not of samples", "-- other words");
  CHECK(ReadAll(database.path()).ok());
  SECTION("a word") { Reword(database, "duration_ns INTEGER", "duration_ns TEXT"); }
  SECTION("a comment that is none") {
    Reword(database, "duration_ns INTEGER NOT NULL", "duration_ns INTEGER NOT NULL DEFAULT \"--\"");
  }
  SECTION("a word in a comment") {
    Reword(database, "duration_ns INTEGER", "duration_ns -- INTEGER");
  }
  CHECK_FALSE(ReadAll(database.path()).ok());
}

TEST_CASE("AddRecording: triggers of others do not act") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  database.Execute("CREATE TRIGGER t AFTER INSERT ON accesses BEGIN DELETE FROM runs; END");
  database.Add(recording, {.run = "b", .identity = "2"});
  CHECK(database.Integer("SELECT count(*) FROM runs") == 2);
}

TEST_CASE("OpenRun: tables and indexes that others added are no harm") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  database.Execute(
      "CREATE TABLE mine(x); CREATE INDEX by_object ON accesses(object); "
      "DROP VIEW access_list; DROP INDEX objects_by_group");
  CHECK(ReadAll(database.path()).ok());
  database.Add(recording, {.run = "b", .identity = "2"});
  CHECK(ReadAll(database.path()).ok());
}

TEST_CASE("OpenRun: bytes that were changed give an error or other values, never a crash") {
  const TemporaryDatabase database;
  FakeRecording recording = WithNames();
  database.Add(recording, {.run = "a", .identity = "1"});
  std::string original;
  {
    std::ifstream file(database.path(), std::ios::binary);
    original.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string changed = original;
    const std::size_t changes = 1 + random() % 20;
    for (std::size_t i = 0; i < changes; ++i) {
      // Behind the header, which would only be refused.
      changed[100 + random() % (changed.size() - 100)] = static_cast<char>(random());
    }
    if (round % 10 == 0) changed.resize(random() % changed.size());
    std::ofstream(database.path(), std::ios::binary | std::ios::trunc) << changed;
    static_cast<void>(ReadAll(database.path()));
  }
}

}  // namespace
}  // namespace heimdallr::store
