#include <array>
#include <limits>
#include <memory>
#include <vector>

#include "analysis/access_observer.h"
#include "analysis/data_source.h"
#include "analysis/names.h"
#include "analysis/object_statistics.h"
#include "analysis/object_table.h"
#include "export/named_recording.h"
#include "export/record_tables.h"
#include "export/stream_words.h"

namespace heimdallr::exports {
namespace {

using analysis::AccessQuantities;
using analysis::AccessShare;
using analysis::Joined;
using analysis::Object;

// Rows of what an AccessProfile tells; each table makes rows of what it is about. The first error
// of the writer stays, and ends the reading.
class JoinedRows : public analysis::AccessObserver {
 public:
  explicit JoinedRows(const Selection& selection) : selection_(selection) {}

  void Begin(NamedRecording& recording, RowWriter& writer) {
    recording_ = &recording;
    writer_ = &writer;
  }
  /// After the last record.
  virtual void Finish() {}

  void OnAccess(const AccessRecord& /*record*/, const AccessShare& /*share*/,
                const Joined& /*joined*/) override {}
  void OnFault(const FaultRecord& /*record*/, const Joined& /*joined*/) override {}
  void OnObject(const Object& /*object*/) override {}

  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 protected:
  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] NamedRecording& recording() { return *recording_; }
  void Clear() { row_.clear(); }
  template <typename... Cells>
  void Put(Cells... cells) {
    (row_.push_back(cells), ...);
  }
  void Write() {
    if (!status_.ok()) return;
    ++rows_;
    status_ = writer_->Add(row_);
  }

  void PutObject(const Joined& joined) {
    if (joined.object == 0) {
      Put(Cell{}, Cell{}, Cell{},
          Cell::Text(recording().words().IdOf(analysis::Name(joined.reason))));
      return;
    }
    const NamedGroup& group = recording().group(joined.group);
    Put(Cell::Number(joined.object), Cell::Text(group.type), Cell::Text(group.name), Cell{});
  }

  void PutCode(std::uint32_t instruction) {
    const NamedPlace& place = recording().instruction(instruction);
    const NamedLine& line = place.lines.front();
    Put(Cell::Text(line.function), Cell::TextUnlessEmpty(line.file), Cell::NumberUnless0(line.line),
        Cell::Text(place.lines.back().function), Cell::TextUnlessEmpty(place.module),
        Cell::Number(place.place.offset));
  }

  void PutQuantities(const AccessQuantities& q) {
    const bool never = q.first_ns == AccessQuantities::kNever;
    Put(Cell::Number(q.loads), Cell::Number(q.stores), Cell::Number(q.load_stores),
        Cell::Number(q.unknown), Cell::Real(q.estimated_loads), Cell::Real(q.estimated_stores),
        Cell::Real(q.time_ns), Cell::Number(q.faults), Cell::Number(q.latency_records),
        Cell::Number(q.latency_cycles), never ? Cell{} : Cell::Number(q.first_ns),
        never ? Cell{} : Cell::Number(q.last_ns), Cell::Number(q.threads.size()));
  }

 private:
  const Selection& selection_;
  NamedRecording* recording_ = nullptr;
  RowWriter* writer_ = nullptr;
  std::vector<Cell> row_;
  std::uint64_t rows_ = 0;
  absl::Status status_;
};

class AccessRows : public JoinedRows {
 public:
  AccessRows(const analysis::RecordSource& source, const Selection& selection)
      : JoinedRows(selection), source_(source) {}

  void OnAccess(const AccessRecord& r, const AccessShare& share, const Joined& joined) override {
    if (!selection().Accepts(r)) return;
    if (!streams_) MakeWords(recording().words());
    Clear();
    Put(Cell::Number(r.time_ns), Cell::Number(r.pid), Cell::Number(r.tid), Cell::Number(r.cpu),
        Cell::TextUnlessEmpty((*streams_)[r.stream]),
        Cell::TextUnlessEmpty(kinds_[static_cast<std::size_t>(r.kind) & 3]),
        Cell::Number(r.address), Cell::NumberUnless0(r.size), Cell::Number(r.ip),
        Cell::Flag(r.direct), Cell::NumberUnless0(r.tick), Cell::NumberUnless0(r.period),
        Cell::Real(static_cast<double>(r.weight)), Cell::Real(share.estimate),
        Cell::Real(share.time_ns), Cell::NumberUnless0(r.latency_cycles),
        Cell::NumberUnless0(r.data_source),
        Cell::TextUnlessEmpty(
            memories_[static_cast<std::size_t>(analysis::DataSourceOf(r.data_source))]));
    PutObject(joined);
    PutCode(joined.instruction);
    Write();
  }

 private:
  void MakeWords(Words& words) {
    streams_ = std::make_unique<StreamWords>(source_.header(), words);
    for (const AccessKind kind : {AccessKind::kLoad, AccessKind::kStore, AccessKind::kLoadStore}) {
      kinds_[static_cast<std::size_t>(kind)] = words.IdOf(analysis::Name(kind));
    }
    for (std::size_t i = 1; i < memories_.size(); ++i) {
      memories_[i] = words.IdOf(analysis::Name(static_cast<analysis::DataSource>(i)));
    }
  }

  const analysis::RecordSource& source_;
  std::unique_ptr<StreamWords> streams_;
  // Words, by AccessKind and DataSource; 0 = not known.
  std::array<std::uint32_t, 4> kinds_{};
  std::array<std::uint32_t, analysis::kDataSources> memories_{};
};

class FaultRows : public JoinedRows {
 public:
  FaultRows(const analysis::RecordSource& source, const Selection& selection)
      : JoinedRows(selection), source_(source) {}

  void OnFault(const FaultRecord& r, const Joined& joined) override {
    if (!selection().Accepts(r)) return;
    if (!streams_) {
      streams_ = std::make_unique<StreamWords>(source_.header(), recording().words());
    }
    Clear();
    Put(Cell::Number(r.time_ns), Cell::Number(r.pid), Cell::Number(r.tid), Cell::Number(r.cpu),
        Cell::TextUnlessEmpty((*streams_)[r.stream]), Cell::Number(r.address), Cell::Number(r.ip));
    PutObject(joined);
    PutCode(joined.instruction);
    Write();
  }

 private:
  const analysis::RecordSource& source_;
  std::unique_ptr<StreamWords> streams_;
};

class ObjectRows : public JoinedRows {
 public:
  using JoinedRows::JoinedRows;

  void OnObject(const Object& object) override {
    if (!Accepts(object)) return;
    const NamedGroup& group = recording().group(object.group);
    Clear();
    Put(Cell::NumberUnless0(object.number), Cell::Text(group.type), Cell::Text(group.name),
        Cell::Number(object.pid), Cell::NumberUnless0(object.tid), Cell::Number(object.address),
        Cell::Number(object.size), Cell::Number(object.start_ns),
        object.ended ? Cell::Number(object.end_ns) : Cell{}, Cell::TextUnlessEmpty(group.call),
        Cell::TextUnlessEmpty(group.function), Cell::TextUnlessEmpty(group.file),
        Cell::NumberUnless0(group.line), Cell::TextUnlessEmpty(group.module));
    PutQuantities(object.quantities);
    Write();
  }
  void OnQuietObject(const Object& object) override { OnObject(object); }

 private:
  [[nodiscard]] bool Accepts(const Object& object) const {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    const Range& time = selection().time_ns;
    const std::uint64_t end = object.ended ? object.end_ns : kMax;
    return object.start_ns < time.end && end >= time.begin && selection().OfProcess(object.pid) &&
           selection().address.Overlaps(object.address, object.size);
  }
};

class CodeRows : public JoinedRows {
 public:
  using JoinedRows::JoinedRows;

  void OnAccess(const AccessRecord& record, const AccessShare& share,
                const Joined& joined) override {
    if (selection().Accepts(record)) At(joined.instruction).Add(record, share);
  }
  void OnFault(const FaultRecord& record, const Joined& joined) override {
    if (selection().Accepts(record)) At(joined.instruction).Add(record);
  }
  void Finish() override {
    for (std::uint32_t i = 0; i < code_.size(); ++i) {
      if (code_[i].none()) continue;
      Clear();
      PutCode(i);
      PutQuantities(code_[i]);
      Write();
    }
  }

 private:
  AccessQuantities& At(std::uint32_t instruction) {
    if (code_.size() <= instruction) code_.resize(instruction + 1);
    return code_[instruction];
  }

  std::vector<AccessQuantities> code_;  // by instruction
};

std::unique_ptr<JoinedRows> RowsOf(Table table, const analysis::RecordSource& source,
                                   const Selection& selection) {
  switch (table) {
    case Table::kFaults:
      return std::make_unique<FaultRows>(source, selection);
    case Table::kObjects:
      return std::make_unique<ObjectRows>(selection);
    case Table::kCode:
      return std::make_unique<CodeRows>(selection);
    default:
      return std::make_unique<AccessRows>(source, selection);
  }
}

}  // namespace

absl::StatusOr<Exported> WriteJoinedTable(analysis::RecordSource& source, Table table,
                                          const Selection& selection, const MakeRows& make_rows) {
  const std::unique_ptr<JoinedRows> rows = RowsOf(table, source, selection);
  NamedRecording recording(source, rows.get());
  auto writer = make_rows(recording.words());
  if (!writer.ok()) return writer.status();
  rows->Begin(recording, **writer);
  auto exported = ReadRecords(source, [&](const Record& record) {
    recording.Add(record);
    return rows->status();
  });
  if (!exported.ok()) return exported;
  recording.Finish();
  rows->Finish();
  if (!rows->status().ok()) return rows->status();
  exported->rows = rows->rows();
  if (absl::Status status = (*writer)->Finish(); !status.ok()) return status;
  return exported;
}

}  // namespace heimdallr::exports
