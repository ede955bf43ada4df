#include "store/recording_source.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "store/dictionaries.h"
#include "store/record_cursors.h"

namespace heimdallr::store {
namespace {

class DatabaseRecording : public analysis::RecordSource {
 public:
  DatabaseRecording(std::unique_ptr<Connection> connection, StoredRepetition stored,
                    Dictionaries dictionaries, Symbols symbols)
      : connection_(std::move(connection)),
        stored_(std::move(stored)),
        dictionaries_(std::move(dictionaries)),
        symbols_(std::move(symbols)) {}

  absl::Status OpenCursors() {
    const std::int64_t first = stored_.row.first_record;
    const auto records = static_cast<std::int64_t>(stored_.repetition.figures.all_records());
    if (first < 0 || records < 0 || records > RecordCursor::kEnd - 1 - first) {
      return Damaged(*connection_, "it gives a recording more records than there can be");
    }
    for (std::size_t type = 0; type < std::variant_size_v<Record>; ++type) {
      auto cursor = RecordCursor::Open(*connection_, type, first, first + records, dictionaries_);
      if (!cursor.ok()) return cursor.status();
      cursors_.push_back(*std::move(cursor));
    }
    return absl::OkStatus();
  }

  const TraceHeader& header() const override { return stored_.repetition.header; }
  const Symbols& symbols() const override { return symbols_; }
  const TraceExtent& extent() const override { return stored_.repetition.extent; }
  const std::optional<RecorderStatistics>& recorder_statistics() const override {
    return stored_.repetition.recorder;
  }
  std::span<const std::uint64_t> Stack(std::uint32_t id) const override {
    return dictionaries_.Stack(id);
  }

  absl::StatusOr<const Record*> Next() override {
    // What the last record refers to lives as long as its cursor stays.
    if (last_ != nullptr) {
      if (absl::Status status = last_->Advance(); !status.ok()) return status;
    }
    // Most records follow one of their own type.
    last_ = last_ != nullptr && last_->id() == next_id() ? last_ : Lowest();
    if (last_->id() == RecordCursor::kEnd) return End();
    ++read_;
    return &last_->record();
  }

 private:
  [[nodiscard]] std::int64_t next_id() const {
    return stored_.row.first_record + static_cast<std::int64_t>(read_);
  }
  RecordCursor* Lowest() {
    RecordCursor* lowest = &cursors_.front();
    for (RecordCursor& cursor : cursors_) {
      if (cursor.id() < lowest->id()) lowest = &cursor;
    }
    return lowest;
  }
  absl::StatusOr<const Record*> End() {
    last_ = nullptr;
    if (read_ != stored_.repetition.figures.all_records()) {
      return Damaged(*connection_, "records of a recording are missing from it");
    }
    if (!stored_.repetition.end.ok()) return stored_.repetition.end;
    return nullptr;
  }

  std::unique_ptr<Connection> connection_;  // before what is asked through it
  StoredRepetition stored_;
  Dictionaries dictionaries_;
  Symbols symbols_;
  std::vector<RecordCursor> cursors_;
  RecordCursor* last_ = nullptr;  // gave the record that was returned last
  std::uint64_t read_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRecordingSource(
    std::unique_ptr<Connection> connection, StoredRepetition stored) {
  auto dictionaries = Dictionaries::Read(*connection, stored.row.id);
  if (!dictionaries.ok()) return dictionaries.status();
  auto symbols = ReadSymbols(*connection, stored.row.id);
  if (!symbols.ok()) return symbols.status();
  auto recording = std::make_unique<DatabaseRecording>(
      std::move(connection), std::move(stored), *std::move(dictionaries), *std::move(symbols));
  if (absl::Status status = recording->OpenCursors(); !status.ok()) return status;
  return recording;
}

}  // namespace heimdallr::store
