#include "store/update.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

#include "fake_recording.h"

namespace heimdallr::store {
namespace {

namespace fs = std::filesystem;

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t FilesIn(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

Proceed GoOn(const TraceExtent& /*extent*/) { return Proceed::kGoOn; }

TEST_CASE("Update: a new database that is not committed never was") {
  const TemporaryDatabase database;
  {
    auto update = Update::Begin(database.path());
    REQUIRE(update.ok());
    FakeRecording recording = SmallRecording();
    REQUIRE(AddRecording(*update, {.run = "a", .identity = "1"}, recording.Opener(),
                         Content::kWhole, GoOn)
                .ok());
    CHECK_FALSE(fs::exists(database.path()));
  }
  CHECK(FilesIn(database.folder()) == 0);
}

TEST_CASE("Update: what is not committed to a database leaves no byte changed") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  const std::string before = ContentOf(database.path());
  {
    auto update = Update::Begin(database.path());
    REQUIRE(update.ok());
    REQUIRE(AddRecording(*update, {.run = "b", .identity = "2"}, recording.Opener(),
                         Content::kWhole, GoOn)
                .ok());
  }
  CHECK(ContentOf(database.path()) == before);
  CHECK(FilesIn(database.folder()) == 1);
}

TEST_CASE("Update: an empty file becomes a database") {
  const TemporaryDatabase database;
  std::ofstream(database.path()).close();
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  CHECK(database.Integer("SELECT count(*) FROM repetitions") == 1);
  CHECK(FilesIn(database.folder()) == 1);
}

TEST_CASE("Update: does not put a new database over one that was made meanwhile") {
  const TemporaryDatabase database;
  auto update = Update::Begin(database.path());
  REQUIRE(update.ok());
  std::ofstream(database.path()) << "of somebody else";
  CHECK(absl::IsAlreadyExists(update->Commit()));
  CHECK(ContentOf(database.path()) == "of somebody else");
}

// No process can have this id: it is above the kernel's limit of 2^22.
constexpr const char* kNobody = "2000000000";

std::string UnfinishedOn(const std::string& host, const std::string& database) {
  return database + ".unfinished-" + host + "-";
}

std::string ThisHost() {
  std::array<char, 256> name{};
  REQUIRE(gethostname(name.data(), name.size() - 1) == 0);
  return name.data();
}

TEST_CASE("Update: what a killed conversion left behind goes, that of others stays") {
  const TemporaryDatabase database;
  const std::string here = UnfinishedOn(ThisHost(), database.path());
  const std::string dead = here + kNobody;
  const std::string living = here + std::to_string(getppid());
  const std::string elsewhere = UnfinishedOn(ThisHost() + "2", database.path()) + kNobody;
  const std::string other = UnfinishedOn(ThisHost(), database.folder() + "/other.sqlite") + kNobody;
  for (const std::string& path : {dead, living, elsewhere, other}) std::ofstream(path) << "x";
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  CHECK_FALSE(fs::exists(dead));
  CHECK(fs::exists(living));
  CHECK(fs::exists(elsewhere));
  CHECK(fs::exists(other));
}

TEST_CASE("Update: what is locked as SQLite does stays, though its process is not seen") {
  const TemporaryDatabase database;
  const std::string in_container = UnfinishedOn(ThisHost(), database.path()) + kNobody;
  sqlite3* writer = nullptr;
  REQUIRE(sqlite3_open(in_container.c_str(), &writer) == SQLITE_OK);
  REQUIRE(sqlite3_exec(writer, "CREATE TABLE t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_exec(writer, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  CHECK(fs::exists(in_container));
  sqlite3_close(writer);
}

TEST_CASE("Update: refuses what is no database of recordings, and leaves it alone") {
  const TemporaryDatabase database;
  SECTION("a text") {
    std::ofstream(database.path()) << std::string(5000, 'x');
    const std::string before = ContentOf(database.path());
    const auto update = Update::Begin(database.path());
    CHECK(absl::IsFailedPrecondition(update.status()));
    CHECK(std::string(update.status().message()).find(database.path()) != std::string::npos);
    CHECK(ContentOf(database.path()) == before);
  }
  SECTION("a database of something else") {
    database.Execute("CREATE TABLE runs(id)");
    CHECK(absl::IsFailedPrecondition(Update::Begin(database.path()).status()));
  }
  SECTION("one of a newer version") {
    FakeRecording recording = SmallRecording();
    database.Add(recording, {.run = "a", .identity = "1"});
    database.Execute("PRAGMA user_version = 1000");
    CHECK(absl::IsUnimplemented(Update::Begin(database.path()).status()));
    CHECK(absl::IsUnimplemented(ListRecordings(database.path()).status()));
  }
  SECTION("a folder that does not exist") {
    CHECK_FALSE(Update::Begin(database.folder() + "/missing/runs.sqlite").ok());
  }
}

TEST_CASE("Update: says that somebody else is writing") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  database.Add(recording, {.run = "a", .identity = "1"});
  auto first = Update::Begin(database.path());
  REQUIRE(first.ok());
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(database.path().c_str(), &other) == SQLITE_OK);
  CHECK(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_BUSY);
  sqlite3_close(other);
}

TEST_CASE("AddRecording: stops when it is told to") {
  const TemporaryDatabase database;
  auto update = Update::Begin(database.path());
  REQUIRE(update.ok());
  FakeRecording recording = SmallRecording();
  recording.records_.resize(100'000, recording.records_[2]);
  const auto added =
      AddRecording(*update, {.run = "a", .identity = "1"}, recording.Opener(), Content::kWhole,
                   [](const TraceExtent& /*extent*/) { return Proceed::kStop; });
  CHECK(absl::IsCancelled(added.status()));
}

}  // namespace
}  // namespace heimdallr::store
