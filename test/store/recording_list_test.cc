#include "store/recording_list.h"

#include "fake_recording.h"

namespace heimdallr::store {
namespace {

TEST_CASE("AddRecording: the same trace again changes nothing") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  CHECK(database.Add(recording, {.run = "a", .identity = "1"}).gain == Gain::kRecording);
  const std::int64_t changes = database.Integer("SELECT count(*) FROM accesses");
  const Added again = database.Add(recording, {.run = "another name", .identity = "1"});
  CHECK(again.gain == Gain::kNothing);
  CHECK(again.repetition.name.run == "a");
  CHECK(database.Integer("SELECT count(*) FROM accesses") == changes);
  CHECK(database.Integer("SELECT count(*) FROM repetitions") == 1);
  CHECK(database.Integer("SELECT count(*) FROM runs") == 1);
}

TEST_CASE("AddRecording: another trace of a run is a further repetition") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  CHECK(database.Add(recording, {.run = "a", .identity = "1"}).repetition.name.number == 1);
  CHECK(
      database.Add(recording, {.run = "a", .number = 7, .identity = "2"}).repetition.name.number ==
      7);
  CHECK(
      database.Add(recording, {.run = "a", .number = 7, .identity = "3"}).repetition.name.number ==
      8);
  CHECK(database.Add(recording, {.run = "b", .identity = "4"}).repetition.name.number == 1);
}

TEST_CASE("AddRecording: with statistics alone keeps no records, and gets them later") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  const RecordingName name{.run = "a", .number = 3, .identity = "1", .path = "a/3.htrace"};
  database.Add(recording, name, Content::kStatistics);
  CHECK(database.Integer("SELECT count(*) FROM accesses") == 0);
  CHECK(database.Integer("SELECT wall_ns FROM repetitions") == 50);
  CHECK(database.Integer("SELECT accesses FROM repetitions") == 2);

  const auto without = OpenRun(database.path(), {});
  CHECK(absl::IsFailedPrecondition(without.status()));
  CHECK(std::string(without.status().message()).find("a/3.htrace") != std::string::npos);

  CHECK(database.Add(recording, name).gain == Gain::kMore);
  CHECK(database.Integer("SELECT count(*) FROM accesses") == 2);
  CHECK(database.Integer("SELECT count(*) FROM repetitions") == 1);
  CHECK(database.Integer("SELECT number FROM repetitions") == 3);
  CHECK(database.Integer("SELECT count(*) FROM command_line") == 2);
  CHECK(OpenRun(database.path(), {}).ok());
  // There is nothing left to add.
  CHECK(database.Add(recording, name, Content::kStatistics).gain == Gain::kNothing);
}

TEST_CASE("ListRecordings: tells of each recording what the records say") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  recording.records_.emplace_back(
      LossRecord{.time_ns = 41, .count = 5, .stream = 1, .kind = LossKind::kNoMemoryOperand});
  recording.records_.emplace_back(
      LossRecord{.time_ns = 42, .count = 6, .stream = 1, .kind = LossKind::kNoMemoryOperand});
  database.Add(recording, {.run = "b", .workload = "w", .mode = "m", .identity = "1"});
  database.Add(recording, {.run = "a", .identity = "2"}, Content::kStatistics);
  const auto all = ListRecordings(database.path());
  REQUIRE(all.ok());
  REQUIRE(all->size() == 2);
  CHECK((*all)[0].name.run == "a");
  CHECK((*all)[0].content == Content::kStatistics);
  const Repetition& b = (*all)[1];
  CHECK(b.name.workload == "w");
  CHECK(b.name.mode == "m");
  CHECK(b.content == Content::kWhole);
  CHECK(b.header.command_line == std::vector<std::string>{"./program", "argument"});
  CHECK(b.figures.all_records() == 7);
  CHECK(b.figures.count<AccessRecord>() == 2);
  CHECK(b.figures.count<LossRecord>() == 2);
  CHECK(b.figures.end_ns == 42);
  REQUIRE(b.figures.process.has_value());
  CHECK(b.figures.process->wall_ns == 50);
  CHECK(b.figures.process->exit_code == 0);
  REQUIRE(b.figures.streams.size() == 1);
  CHECK(b.figures.streams[0].loads == 1);
  CHECK(b.figures.streams[0].stores == 1);
  CHECK(b.figures.streams[0].ticks_with_access == 2);
  CHECK(b.figures.streams[0].ticks_without_access == 11);
  REQUIRE(b.figures.losses.size() == 1);
  CHECK(b.figures.losses[0].count == 11);
}

TEST_CASE("ListRecordings: tells how much each memory served of the heap") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  recording.header_.memories = {{.id = 0, .name = "default"},
                                {.id = 1, .name = "kind:hbw", .nodes = {2, 3}},
                                {.id = 2, .name = "fallback"}};
  AllocationRecord record = std::get<AllocationRecord>(recording.records_[1]);
  record.time_ns = 50;
  record.memory = 1;
  const auto add = [&](std::uint64_t address, std::uint64_t size) {
    record.address = address;
    record.size = size;
    recording.records_.emplace_back(record);
  };
  add(0x700000, 100);
  add(0x710000, 30);
  add(0, 1000);  // it failed
  record.call = AllocationCall::kMmap;
  add(0x720000, 4096);  // not of the heap
  database.Add(recording, {.run = "a", .identity = "1"});
  const auto all = ListRecordings(database.path());
  REQUIRE(all.ok());
  const Repetition& a = all->front();
  REQUIRE(a.header.memories.size() == 3);
  CHECK(a.header.memories[1].name == "kind:hbw");
  CHECK(a.header.memories[1].nodes == std::vector<std::uint32_t>{2, 3});
  REQUIRE(a.figures.memories.size() == 3);
  CHECK(a.figures.memories[0].blocks == 1);
  CHECK(a.figures.memories[0].bytes == 64);
  CHECK(a.figures.memories[1].blocks == 2);
  CHECK(a.figures.memories[1].bytes == 130);
  CHECK(a.figures.memories[2].blocks == 0);
  CHECK(database.Texts("SELECT coalesce(memory, '-') FROM allocation_list ORDER BY id") ==
        std::vector<std::string>{"default", "kind:hbw", "kind:hbw", "-", "kind:hbw"});
}

TEST_CASE("OpenRun: says which runs there are when it is not told which") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "one", .identity = "1"});
  CHECK(OpenRun(database.path(), {}).ok());
  database.Add(recording, {.run = "two", .identity = "2"});
  const auto several = OpenRun(database.path(), {});
  CHECK(absl::IsNotFound(several.status()));
  CHECK(std::string(several.status().message()).find("one, two") != std::string::npos);
  CHECK(OpenRun(database.path(), {.run = "two"}).ok());
  CHECK(absl::IsNotFound(OpenRun(database.path(), {.run = "three"}).status()));
  CHECK(absl::IsNotFound(OpenRun(database.path(), {.run = "two", .repetition = 9}).status()));
}

TEST_CASE("OpenRun: several recordings of one database do not mix") {
  const TemporaryDatabase database;
  FakeRecording first = SmallRecording();
  FakeRecording second = SmallRecording();
  for (Record& record : second.records_) {
    if (auto* access = std::get_if<AccessRecord>(&record)) access->address += 0x1000000;
  }
  database.Add(first, {.run = "one", .identity = "1"});
  database.Add(second, {.run = "two", .identity = "2"});
  for (const auto& [run, recording] : {std::pair("one", &first), std::pair("two", &second)}) {
    const auto source = OpenRun(database.path(), {.run = run});
    REQUIRE(source.ok());
    std::size_t at = 0;
    auto record = (*source)->Next();
    for (; record.ok() && *record != nullptr; record = (*source)->Next(), ++at) {
      REQUIRE((*record)->index() == recording->records_[at].index());
      const auto* access = std::get_if<AccessRecord>(*record);
      if (access == nullptr) continue;
      CHECK(access->address == std::get<AccessRecord>(recording->records_[at]).address);
    }
    CHECK(at == recording->records_.size());
  }
}

TEST_CASE("IsDatabase: knows SQLite's files by how they begin") {
  using namespace std::string_view_literals;
  CHECK(IsDatabase("SQLite format 3\0 and more"sv));
  CHECK_FALSE(IsDatabase("SQLite format 3 and more"sv));
  CHECK_FALSE(IsDatabase(""sv));
}

}  // namespace
}  // namespace heimdallr::store
