// A recording in memory, and a database in a folder that goes away.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "analysis/record_source.h"
#include "store/connection.h"
#include "store/recording_list.h"
#include "store/recording_writer.h"
#include "store/statement.h"
#include "store/update.h"

namespace heimdallr::store {

class FakeRecording : public analysis::RecordSource {
 public:
  const TraceHeader& header() const override { return header_; }
  absl::StatusOr<const Record*> Next() override {
    if (at_ < records_.size()) return &records_[at_++];
    if (!end_.ok()) return end_;
    return nullptr;
  }
  std::span<const std::uint64_t> Stack(std::uint32_t id) const override {
    const auto found = stacks_.find(id);
    if (found == stacks_.end()) return {};
    return found->second;
  }
  const Symbols& symbols() const override { return symbols_; }
  const TraceExtent& extent() const override { return extent_; }
  const std::optional<RecorderStatistics>& recorder_statistics() const override {
    return recorder_;
  }
  /// Copies of this recording, which must outlive it, each from its start.
  [[nodiscard]] OpenSource Opener() const {
    return [this]() -> absl::StatusOr<std::unique_ptr<analysis::RecordSource>> {
      auto copy = std::make_unique<FakeRecording>(*this);
      copy->at_ = 0;
      return copy;
    };
  }

  TraceHeader header_{.format_version = 1, .page_size_bytes = 4096, .pid = 100};
  std::vector<Record> records_;
  std::map<std::uint32_t, std::vector<std::uint64_t>> stacks_;
  Symbols symbols_;
  TraceExtent extent_{.finished = true};
  std::optional<RecorderStatistics> recorder_;
  absl::Status end_;

 private:
  std::size_t at_ = 0;
};

class TemporaryDatabase {
 public:
  TemporaryDatabase() {
    if (mkdtemp(folder_.data()) == nullptr) abort();
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  ~TemporaryDatabase() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path() const { return folder_ + "/runs.sqlite"; }

  Added Add(const FakeRecording& recording, const RecordingName& name,
            Content content = Content::kWhole) const {
    auto update = Update::Begin(path());
    INFO(update.status().ToString());
    REQUIRE(update.ok());
    auto added = AddRecording(*update, name, recording.Opener(), content,
                              [](const TraceExtent&) { return Proceed::kGoOn; });
    INFO(added.status().ToString());
    REQUIRE(added.ok());
    const absl::Status committed = update->Commit();
    INFO(committed.ToString());
    REQUIRE(committed.ok());
    return *std::move(added);
  }

  /// The first value of the first row, as SQLite itself reads it.
  [[nodiscard]] std::int64_t Integer(const std::string& sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    INFO(sql);
    REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const std::int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return value;
  }
  /// The first value of each row.
  [[nodiscard]] std::vector<std::string> Texts(const std::string& sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    INFO(sql);
    REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::vector<std::string> texts;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      texts.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return texts;
  }
  /// As somebody else with SQLite at hand.
  void Execute(const std::string& sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    INFO(sql);
    REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }

 private:
  std::string folder_ = "/tmp/heimdallr-test-XXXXXX";
};

/// A process 100 with a heap block of 64 bytes at 0x600000 that is accessed.
inline FakeRecording SmallRecording() {
  FakeRecording recording;
  recording.header_.command_line = {"./program", "argument"};
  recording.header_.streams = {
      {.id = 1, .source = SourceKind::kClock, .name = "clock", .period = 1000}};
  recording.records_ = {
      ProcessRecord{.time_ns = 0, .command = "program", .pid = 100},
      AllocationRecord{.time_ns = 10,
                       .address = 0x600000,
                       .size = 64,
                       .caller = 0x401005,
                       .pid = 100,
                       .tid = 100,
                       .call = AllocationCall::kMalloc},
      AccessRecord{.time_ns = 20,
                   .ip = 0x401010,
                   .address = 0x600008,
                   .tick = 1,
                   .pid = 100,
                   .tid = 100,
                   .size = 8,
                   .stream = 1,
                   .kind = AccessKind::kLoad},
      AccessRecord{.time_ns = 30,
                   .ip = 0x401018,
                   .address = 0x10,
                   .tick = 2,
                   .pid = 100,
                   .tid = 101,
                   .size = 4,
                   .stream = 1,
                   .kind = AccessKind::kStore},
      StatisticsRecord{.time_ns = 40, .wall_ns = 50, .user_ns = 30, .pid = 100, .exit_code = 0},
  };
  return recording;
}

}  // namespace heimdallr::store
