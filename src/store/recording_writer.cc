#include "store/recording_writer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "analysis/access_profile.h"
#include "analysis/allocation_statistics.h"
#include "analysis/names.h"
#include "analysis/process_table.h"
#include "store/access_rows.h"
#include "store/next_id.h"
#include "store/place_rows.h"
#include "store/record_rows.h"
#include "store/repetition_rows.h"
#include "store/summary_rows.h"
#include "store/thread_rows.h"

namespace heimdallr::store {
namespace {

constexpr std::uint64_t kRecordsBetweenLooks = 1 << 14;

// All records of one recording, their joins and sums.
class WholeWriter {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<WholeWriter>> Create(
      Connection& connection, const RepetitionRow& row, const analysis::RecordSource& source) {
    auto threads = ThreadRows::Create(connection, row.id);
    if (!threads.ok()) return threads.status();
    std::unique_ptr<WholeWriter> writer(
        new WholeWriter(connection, row, source, *std::move(threads)));
    if (absl::Status status = writer->Begin(); !status.ok()) return status;
    return writer;
  }

  void Add(const Record& record) {
    std::visit([&](const auto& r) { On(r, record); }, record);
    ++next_id_;
  }

  absl::Status Finish() {
    profile_->Finish();
    accesses_->Flush();
    records_->Flush();
    if (!connection_.noted().ok()) return connection_.noted();
    return AddSums(connection_, row_.id, accesses_->first_group(), source_.symbols(),
                   {*profile_, allocations_.value(), processes_, accesses_->heat()}, *places_);
  }

  [[nodiscard]] const HeatCells& heat() const { return accesses_->heat(); }

 private:
  WholeWriter(Connection& connection, const RepetitionRow& row,
              const analysis::RecordSource& source, ThreadRows threads)
      : connection_(connection),
        row_(row),
        source_(source),
        next_id_(row.first_record),
        threads_(std::move(threads)) {}

  absl::Status Begin() {
    const TraceHeader& header = source_.header();
    const auto stack = [this](std::uint32_t id) { return source_.Stack(id); };
    auto accesses = AccessRows::Create(connection_, row_.id, header.page_size_bytes, threads_);
    if (!accesses.ok()) return accesses.status();
    accesses_.emplace(*std::move(accesses));
    profile_.emplace(header, source_.symbols(), stack, &*accesses_);
    allocations_.emplace(profile_->modules(), header.page_size_bytes);
    auto places = PlaceRows::Create(connection_, row_.id, source_.symbols(), profile_->modules());
    if (!places.ok()) return places.status();
    places_.emplace(*std::move(places));
    auto records = RecordRows::Create(connection_, row_.id, stack, threads_);
    if (!records.ok()) return records.status();
    records_.emplace(*std::move(records));
    places_->AddSymbols();
    accesses_->Begin(*profile_, *places_);
    records_->Begin(*places_);
    return connection_.noted();
  }

  void On(const AccessRecord& record, const Record& any) {
    ++processes_.Of(record.pid).accesses;
    accesses_->Expect(record, next_id_);
    profile_->Add(any);
  }
  void On(const FaultRecord& record, const Record& any) {
    accesses_->Expect(record, next_id_);
    profile_->Add(any);
  }
  // Statistics look at modules as they were before the record, so they come first; rows are about
  // modules as they are with it.
  template <typename Type>
  void On(const Type& record, const Record& any) {
    Count(record);
    profile_->Add(any);
    records_->Add(record, next_id_);
  }

  void Count(const AllocationRecord& record) {
    allocations_->Add(record);
    const bool gives = record.event == AllocationEvent::kAllocate && record.address != 0;
    if (!gives || analysis::MapsMemory(record.call)) return;
    analysis::ProcessInfo& process = processes_.Of(record.pid);
    ++process.allocations;
    process.allocated_bytes += record.size;
  }
  void Count(const ProcessRecord& record) {
    processes_.Add(record);
    allocations_->Add(record);
  }
  void Count(const ThreadRecord& record) { processes_.Add(record); }
  void Count(const StatisticsRecord& record) { processes_.Add(record); }
  template <typename Type>
  void Count(const Type& /*record*/) {}

  Connection& connection_;
  RepetitionRow row_;
  const analysis::RecordSource& source_;
  std::int64_t next_id_;
  ThreadRows threads_;
  std::optional<AccessRows> accesses_;  // before profile_, which tells it of accesses
  std::optional<analysis::AccessProfile> profile_;
  analysis::ProcessTable processes_;
  std::optional<analysis::AllocationStatistics> allocations_;
  std::optional<PlaceRows> places_;
  std::optional<RecordRows> records_;
};

absl::StatusOr<RepetitionRow> NewRow(Connection& connection) {
  const auto id = NextId(connection, "repetitions");
  if (!id.ok()) return id.status();
  auto last = Statement::Prepare(
      connection, "SELECT coalesce(max(first_id + records), 1) FROM repetitions WHERE whole");
  if (!last.ok()) return last.status();
  const auto row = last->Step();
  if (!row.ok()) return row.status();
  return RepetitionRow{.id = *id, .first_record = last->Integer(0)};
}

// What of a recording is told while it is read.
struct Reading {
  Connection& connection;
  const Progress& progress;
};

// Reads to the end of the records, for `whole` too if it is not nullptr. What ends them early for
// the trace's sake is in the result.
absl::StatusOr<Repetition> ReadToEnd(const Reading& reading, analysis::RecordSource& source,
                                     WholeWriter* whole) {
  Repetition repetition{.header = source.header()};
  FigureCounter counter(source.header());
  std::uint64_t records = 0;
  for (auto record = source.Next();; record = source.Next()) {
    if (!record.ok()) repetition.end = record.status();
    if (!record.ok() || *record == nullptr) break;
    counter.Add(**record);
    if (whole != nullptr) whole->Add(**record);
    if (++records % kRecordsBetweenLooks != 0) continue;
    if (!reading.connection.noted().ok()) break;
    if (reading.progress(source.extent()) == Proceed::kStop) {
      return absl::CancelledError("interrupted");
    }
  }
  if (!reading.connection.noted().ok()) return reading.connection.noted();
  repetition.figures = counter.figures();
  repetition.extent = source.extent();
  repetition.recorder = source.recorder_statistics();
  return repetition;
}

// Adds one whose identity is not there.
absl::StatusOr<Repetition> AddNew(const Reading& reading, const RecordingName& name,
                                  analysis::RecordSource& source, Content content) {
  Connection& connection = reading.connection;
  auto row = NewRow(connection);
  if (!row.ok()) return row.status();
  std::unique_ptr<WholeWriter> whole;
  if (content == Content::kWhole) {
    auto writer = WholeWriter::Create(connection, *row, source);
    if (!writer.ok()) return writer.status();
    whole = *std::move(writer);
  }
  auto repetition = ReadToEnd(reading, source, whole.get());
  if (!repetition.ok()) return repetition.status();
  if (whole) {
    if (absl::Status status = whole->Finish(); !status.ok()) return status;
    if (!whole->heat().cells().empty()) {
      row->heat_time_ns = whole->heat().time_ns();
      row->heat_page_bytes = whole->heat().page_bytes();
    }
    whole = nullptr;
  }
  repetition->name = name;
  repetition->content = content;
  if (absl::Status status = AddRepetition(connection, *repetition, *row); !status.ok()) {
    return status;
  }
  // With the number it was given.
  auto added = FindRepetition(connection, name.identity);
  if (!added.ok()) return added.status();
  if (*added) repetition->name = (*added)->repetition.name;
  return repetition;
}

// Whether `found` with this content is worth taking the place of `before`.
bool Gains(const Repetition& found, Content content, const Repetition& before) {
  if (found.HasMoreThan(before)) return true;
  return content != before.content && !before.HasMoreThan(found);
}

}  // namespace

absl::StatusOr<Added> AddRecording(Update& update, const RecordingName& name,
                                   const OpenSource& open, Content content,
                                   const Progress& progress) {
  const Reading reading{update.connection(), progress};
  auto known = FindRepetition(reading.connection, name.identity);
  if (!known.ok()) return known.status();
  RecordingName place = name;
  if (*known) {
    Repetition& before = (*known)->repetition;
    if (before.content == Content::kWhole) content = Content::kWhole;
    const bool has_all = before.complete() && before.content == content;
    if (has_all) return Added{Gain::kNothing, std::move(before)};
    // How much there is shows at its end. Reading it twice costs a twentieth of converting it.
    auto look = open();
    if (!look.ok()) return look.status();
    const auto found = ReadToEnd(reading, **look, nullptr);
    if (!found.ok()) return found.status();
    if (!Gains(*found, content, before)) return Added{Gain::kNothing, std::move(before)};
    if (absl::Status status = RemoveRepetition(reading.connection, **known); !status.ok()) {
      return status;
    }
    place = before.name;
    place.path = name.path;
  }
  auto source = open();
  if (!source.ok()) return source.status();
  auto repetition = AddNew(reading, place, **source, content);
  if (!repetition.ok()) return repetition.status();
  return Added{*known ? Gain::kMore : Gain::kRecording, *std::move(repetition)};
}

}  // namespace heimdallr::store
