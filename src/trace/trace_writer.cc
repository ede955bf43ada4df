#include "trace/trace_writer.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "trace/block_builders.h"
#include "trace/chunk_writer.h"
#include "trace/header_codec.h"
#include "trace/intern_tables.h"
#include "trace/open_blocks.h"
#include "trace/output_file.h"
#include "trace/round_index.h"
#include "trace/row_codec.h"
#include "trace/symbol_codec.h"
#include "trace/wire.h"

namespace heimdallr::trace {
namespace {

constexpr int kMaxRows = 1024;  // of one chunk

}  // namespace

class TraceWriter::Impl {
 public:
  Impl(OutputFile file, Compression compression) : chunks_(std::move(file), compression) {}

  absl::Status WriteHeader(const TraceHeader& header) {
    chunks_.Write(ChunkKind::kHeader, ToMessage(header).SerializeAsString(), 0);
    round_.offset = chunks_.offset();
    return chunks_.Flush();
  }

  template <typename Record, typename Builder>
  void AddToBlock(const Record& record, const BlockOwner& owner, OpenBlocks<Builder>& blocks) {
    ++pending_[Builder::kKind];
    Builder* block = blocks.Find(owner);
    if (block == nullptr) {
      if (blocks.IsFull()) Close(blocks);
      block = blocks.Open(owner);
    }
    if (block->Add(record)) return;
    WriteBlock(owner, *block);
    block->Clear();
    static_cast<void>(block->Add(record));  // an empty block has room
  }

  template <typename Record, typename Rows>
  void AddToRows(const Record& record, ChunkKind kind, Rows& rows) {
    ++pending_[kind];
    ToRow(record, strings_, *rows.Add());
    unwritten_.Cover(record.time_ns, record.time_ns, 1);
    if (strings_.WantsWriting()) WriteStrings();
    if (rows.size() >= kMaxRows) WriteRows(kind);
  }

  void Add(const AccessRecord& record) {
    AddToBlock(record, {record.pid, record.tid, record.stream}, access_blocks_);
  }
  void Add(const AllocationRecord& record) {
    AddToBlock(record, {record.pid, record.tid, 0}, allocation_blocks_);
  }
  void Add(const FaultRecord& record) {
    AddToBlock(record, {record.pid, record.tid, record.stream}, fault_blocks_);
  }
  void Add(const PlacementRecord& record) {
    AddToBlock(record, {record.pid, 0, 0}, placement_blocks_);
  }
  void Add(const MappingRecord& record) {
    AddToRows(record, ChunkKind::kMappings, *mappings_.mutable_mapping());
  }
  void Add(const ProcessRecord& record) {
    AddToRows(record, ChunkKind::kProcesses, *processes_.mutable_process());
  }
  void Add(const ThreadRecord& record) {
    AddToRows(record, ChunkKind::kThreads, *threads_.mutable_thread());
  }
  void Add(const LossRecord& record) {
    AddToRows(record, ChunkKind::kLosses, *losses_.mutable_loss());
  }
  void Add(const StatisticsRecord& record) {
    AddToRows(record, ChunkKind::kStatistics, *statistics_.mutable_process());
  }

  void Add(const PeriodRecord& record) {
    AddToRows(record, ChunkKind::kPeriods, *periods_.mutable_period());
  }

  template <typename Named>
  void AddSymbols(const Named& symbols) {
    if (finished_) return;
    CloseRound(~std::uint64_t{0});
    EncodeSymbols(symbols, symbol_allowance_, [this](const std::string& message) {
      const std::uint64_t offset = chunks_.offset();
      if (chunks_.Write(ChunkKind::kSymbols, message, 0) && symbols_offset_ == 0) {
        symbols_offset_ = offset;
      }
      round_.offset = chunks_.offset();
    });
  }

  std::uint32_t AddStack(std::span<const std::uint64_t> frames) {
    const std::uint32_t id = stacks_.Intern(frames);
    if (stacks_.WantsWriting()) WriteStacks();
    return id;
  }

  [[nodiscard]] bool RoundIsFull() const {
    return round_.records + pending_.Total() >= kFullRoundRecords;
  }

  absl::Status EndRound(std::uint64_t watermark_ns);
  absl::Status Finish(const RecorderStatistics& statistics);
  const WriterTotals& totals();

 private:
  template <typename Builder>
  void WriteBlock(const BlockOwner& owner, Builder& block);
  template <typename Builder>
  void Close(OpenBlocks<Builder>& blocks) {
    blocks.CloseAll([this](const BlockOwner& owner, Builder& block) { WriteBlock(owner, block); });
  }
  void WriteRows(ChunkKind kind);
  template <typename Message>
  void WriteRowsOf(ChunkKind kind, Message& message, int count);
  void WriteStrings();
  void WriteStacks();
  /// Writes what is still in memory, and the round's end.
  void CloseRound(std::uint64_t watermark_ns);
  void WriteFooter(const RecorderStatistics& statistics);
  void NoteFailure();

  ChunkWriter chunks_;
  StringTable strings_;
  StackTable stacks_;
  OpenBlocks<AccessBlockBuilder> access_blocks_;
  OpenBlocks<AllocationBlockBuilder> allocation_blocks_;
  OpenBlocks<FaultBlockBuilder> fault_blocks_;
  OpenBlocks<PlacementBlockBuilder> placement_blocks_;
  v1::Mappings mappings_;
  v1::Processes processes_;
  v1::Threads threads_;
  v1::Losses losses_;
  v1::Statistics statistics_;
  v1::Periods periods_;
  std::string message_;
  RoundEntry round_;      // the current one, as far as it has been written
  RoundEntry unwritten_;  // times of rows in memory
  RoundIndex index_;
  RecordCounts pending_;  // records in memory
  std::uint64_t watermark_ns_ = 0;
  SymbolAllowance symbol_allowance_;
  std::uint64_t symbols_offset_ = 0;  // of the first chunk of them; 0 = none yet
  absl::Status failure_;              // the first
  WriterTotals totals_;
  bool finished_ = false;
};

template <typename Builder>
void TraceWriter::Impl::WriteBlock(const BlockOwner& owner, Builder& block) {
  if (block.records() == 0) return;
  WriteStacks();  // a block comes after the stacks it names
  message_.clear();
  block.Encode(owner, message_);
  pending_[Builder::kKind] -= block.records();
  if (chunks_.Write(Builder::kKind, message_, block.records())) {
    round_.Cover(block.first_time_ns(), block.last_time_ns(), block.records());
  }
}

template <typename Message>
void TraceWriter::Impl::WriteRowsOf(ChunkKind kind, Message& message, int count) {
  if (count == 0) return;
  WriteStrings();
  const auto records = static_cast<std::uint32_t>(count);
  pending_[kind] -= records;
  if (chunks_.Write(kind, message.SerializeAsString(), records)) {
    round_.Cover(unwritten_.first_time_ns, unwritten_.last_time_ns, records);
  }
  message.Clear();
}

void TraceWriter::Impl::WriteRows(ChunkKind kind) {
  switch (kind) {
    case ChunkKind::kMappings:
      return WriteRowsOf(kind, mappings_, mappings_.mapping_size());
    case ChunkKind::kProcesses:
      return WriteRowsOf(kind, processes_, processes_.process_size());
    case ChunkKind::kThreads:
      return WriteRowsOf(kind, threads_, threads_.thread_size());
    case ChunkKind::kLosses:
      return WriteRowsOf(kind, losses_, losses_.loss_size());
    case ChunkKind::kStatistics:
      return WriteRowsOf(kind, statistics_, statistics_.process_size());
    case ChunkKind::kPeriods:
      return WriteRowsOf(kind, periods_, periods_.period_size());
    default:
      return;
  }
}

void TraceWriter::Impl::WriteStrings() {
  if (const std::string message = strings_.TakeNew(); !message.empty()) {
    chunks_.Write(ChunkKind::kStrings, message, 0);
  }
}

void TraceWriter::Impl::WriteStacks() {
  if (const std::string message = stacks_.TakeNew(); !message.empty()) {
    chunks_.Write(ChunkKind::kStacks, message, 0);
  }
}

void TraceWriter::Impl::CloseRound(std::uint64_t watermark_ns) {
  for (const ChunkKind kind : {ChunkKind::kProcesses, ChunkKind::kThreads, ChunkKind::kMappings,
                               ChunkKind::kLosses, ChunkKind::kStatistics, ChunkKind::kPeriods}) {
    WriteRows(kind);
  }
  Close(allocation_blocks_);
  Close(fault_blocks_);
  Close(placement_blocks_);
  Close(access_blocks_);
  unwritten_ = {};
  watermark_ns_ = std::max(watermark_ns_, watermark_ns);
  if (round_.records == 0) return;

  message_.clear();
  PutField(message_, 1, watermark_ns_);
  PutField(message_, 2, round_.records);
  if (!chunks_.Write(ChunkKind::kRoundEnd, message_, 0)) return;  // the round stays open
  index_.Add(round_);
  round_ = {.offset = chunks_.offset()};
}

absl::Status TraceWriter::Impl::EndRound(std::uint64_t watermark_ns) {
  if (finished_) return failure_;
  CloseRound(watermark_ns);
  chunks_.Flush().IgnoreError();
  NoteFailure();
  return failure_;
}

void TraceWriter::Impl::NoteFailure() {
  if (failure_.ok()) failure_ = chunks_.status();
}

absl::Status TraceWriter::Impl::Finish(const RecorderStatistics& statistics) {
  if (finished_) return failure_;
  EndRound(~std::uint64_t{0}).IgnoreError();
  finished_ = true;
  chunks_.AllowReserve();
  if (!chunks_.status().ok()) return failure_;
  if (chunks_.dropped_records() != 0) {
    // In its place: after the last that was written.
    std::uint64_t last_ns = round_.last_time_ns;
    for (const RoundEntry& round : index_.entries())
      last_ns = std::max(last_ns, round.last_time_ns);
    Add(LossRecord{
        .time_ns = last_ns, .count = chunks_.dropped_records(), .kind = LossKind::kWriteFailed});
    CloseRound(~std::uint64_t{0});
  }
  WriteFooter(statistics);
  chunks_.Flush().IgnoreError();
  NoteFailure();
  return failure_;
}

void TraceWriter::Impl::WriteFooter(const RecorderStatistics& statistics) {
  v1::Footer footer;
  const RecordCounts& counts = chunks_.written();
  footer.set_access_records(counts[ChunkKind::kAccessBlock]);
  footer.set_allocation_records(counts[ChunkKind::kAllocationBlock]);
  footer.set_fault_records(counts[ChunkKind::kFaultBlock]);
  footer.set_mapping_records(counts[ChunkKind::kMappings]);
  footer.set_process_records(counts[ChunkKind::kProcesses]);
  footer.set_thread_records(counts[ChunkKind::kThreads]);
  footer.set_loss_records(counts[ChunkKind::kLosses]);
  footer.set_statistics_records(counts[ChunkKind::kStatistics]);
  footer.set_period_records(counts[ChunkKind::kPeriods]);
  footer.set_placement_records(counts[ChunkKind::kPlacementBlock]);
  footer.set_symbols_offset(symbols_offset_);
  footer.set_dropped_records(chunks_.dropped_records());
  v1::Recorder& recorder = *footer.mutable_recorder();
  recorder.set_user_ns(statistics.user_ns);
  recorder.set_system_ns(statistics.system_ns);
  recorder.set_wall_ns(statistics.wall_ns);
  recorder.set_ticks(statistics.ticks);
  recorder.set_channel_events(statistics.channel_events);
  std::uint64_t previous = 0;
  for (const RoundEntry& round : index_.entries()) {
    footer.add_round_offset_delta(round.offset - previous);
    footer.add_round_first_time_ns(round.first_time_ns);
    footer.add_round_last_time_ns(round.last_time_ns);
    footer.add_round_records(round.records);
    previous = round.offset;
  }

  const std::uint64_t footer_offset = chunks_.offset();
  chunks_.Write(ChunkKind::kFooter, footer.SerializeAsString(), 0);
  message_.clear();
  PutFixed64(message_, 1, footer_offset);
  PutFixed32(message_, 2, kTrailerMagic);
  chunks_.Write(ChunkKind::kTrailer, message_, 0);
}

const WriterTotals& TraceWriter::Impl::totals() {
  const RecordCounts& written = chunks_.written();
  const auto accepted = [&](ChunkKind kind) { return written[kind] + pending_[kind]; };
  totals_.records = written.Total() + pending_.Total();
  totals_.access_records = accepted(ChunkKind::kAccessBlock);
  totals_.allocation_records = accepted(ChunkKind::kAllocationBlock);
  totals_.dropped_records = chunks_.dropped_records();
  totals_.bytes = chunks_.offset();
  return totals_;
}

absl::StatusOr<TraceWriter> TraceWriter::Create(const std::string& path, const TraceHeader& header,
                                                Compression compression, Overwrite overwrite) {
  ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(path, overwrite));
  return CreateOn(std::move(file), header, compression);
}

absl::StatusOr<TraceWriter> TraceWriter::CreateOn(OutputFile file, const TraceHeader& header,
                                                  Compression compression) {
  auto impl = std::make_unique<Impl>(std::move(file), compression);
  RETURN_IF_ERROR(impl->WriteHeader(header));
  return TraceWriter(std::move(impl));
}

TraceWriter::TraceWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;
TraceWriter& TraceWriter::operator=(TraceWriter&&) noexcept = default;
TraceWriter::~TraceWriter() = default;

void TraceWriter::Add(const AccessRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const FaultRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const AllocationRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const MappingRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const ProcessRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const ThreadRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const LossRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const StatisticsRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const PeriodRecord& record) { impl_->Add(record); }
void TraceWriter::Add(const PlacementRecord& record) { impl_->Add(record); }
void TraceWriter::AddSymbols(const ModuleSymbols& symbols) { impl_->AddSymbols(symbols); }
void TraceWriter::AddSymbols(const ProcessSymbols& symbols) { impl_->AddSymbols(symbols); }

std::uint32_t TraceWriter::AddStack(std::span<const std::uint64_t> frames) {
  return impl_->AddStack(frames);
}
bool TraceWriter::RoundIsFull() const { return impl_->RoundIsFull(); }
absl::Status TraceWriter::EndRound(std::uint64_t watermark_ns) {
  return impl_->EndRound(watermark_ns);
}
absl::Status TraceWriter::Finish(const RecorderStatistics& statistics) {
  return impl_->Finish(statistics);
}
const WriterTotals& TraceWriter::totals() const { return impl_->totals(); }

}  // namespace heimdallr::trace
