#include "heimdallr/trace_reader.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "trace/block_decoder.h"
#include "trace/chunk_content.h"
#include "trace/chunk_source.h"
#include "trace/foreign_file.h"
#include "trace/format.h"
#include "trace/header_codec.h"
#include "trace/parse_message.h"
#include "trace/round_merger.h"
#include "trace/stack_store.h"
#include "trace/string_store.h"
#include "trace/symbol_codec.h"
#include "trace/symbol_loader.h"

namespace heimdallr {
namespace {

namespace v1 = trace::v1;
using trace::ChunkContent;
using trace::ChunkKind;

// A round larger than this is returned in parts, each in order of time by itself.
constexpr std::size_t kMaxBufferedBytes = std::size_t{96} << 20;

absl::Status InTrace(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), fmt::format("trace '{}': {}", path, base::Message(status)));
}

absl::Status InChunk(std::uint64_t offset, const absl::Status& status) {
  return absl::Status(status.code(),
                      fmt::format("the chunk at byte {} {}", offset, base::Message(status)));
}

absl::Status Parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return trace::ParseMessage(bytes, trace::kMaxChunkBytes, message);
}

}  // namespace

class TraceReader::Impl {
 public:
  Impl(std::string path, trace::ChunkSource source)
      : path_(std::move(path)), source_(std::move(source)) {}

  absl::Status ReadHeader();
  /// Makes the symbols known before the records, if the file allows it.
  void LookAhead() { early_symbols_ = trace::LoadSymbols(path_); }
  absl::StatusOr<const Record*> Next();

  [[nodiscard]] const TraceHeader& header() const { return header_; }
  [[nodiscard]] const trace::StackStore& stacks() const { return stacks_; }
  [[nodiscard]] const Symbols& symbols() const {
    return early_symbols_ ? *early_symbols_ : symbols_.symbols();
  }
  [[nodiscard]] const TraceExtent& extent() const { return extent_; }
  [[nodiscard]] const std::optional<RecorderStatistics>& statistics() const { return statistics_; }

 private:
  /// Reads up to the end of a round and releases what it ends.
  absl::Status ReadRound();
  absl::Status Take(const ChunkContent& content);
  absl::Status TakeStrings(std::string_view message);
  absl::Status TakeStacks(std::string_view message);
  absl::Status TakeBlock(const ChunkContent& content);
  absl::Status TakeRoundEnd(std::string_view message);
  absl::Status TakeSymbols(std::string_view message);
  absl::Status TakeFooter(std::string_view message);
  void End(absl::Status status);
  absl::Status Failure() const;
  void UpdateExtent();

  std::string path_;
  trace::ChunkSource source_;
  trace::ChunkOpener opener_;
  trace::BlockDecoder decoder_;
  trace::StringStore strings_;
  trace::StackStore stacks_;
  trace::SymbolStore symbols_;
  std::optional<Symbols> early_symbols_;
  trace::RoundMerger merger_;
  TraceHeader header_;
  TraceExtent extent_;
  std::optional<RecorderStatistics> statistics_;
  absl::Status failure_;             // why reading ended, unless at the end
  std::uint64_t decoded_ = 0;        // records in all chunks so far
  std::uint64_t round_decoded_ = 0;  // decoded_ at the end of the last round
  std::uint64_t round_unknown_ = 0;  // unknown_chunks then
  bool round_ended_ = false;
  bool trailer_seen_ = false;
  bool ended_ = false;
};

absl::Status TraceReader::Impl::ReadHeader() {
  ASSIGN_OR_RETURN(const std::string_view first, source_.FirstBytes());
  if (first.empty()) {
    return absl::DataLossError("is empty: the recording ended before it began");
  }
  if (!trace::MayBeTrace(first)) {
    return absl::DataLossError(std::string(trace::DescribeForeign(first)));
  }
  ASSIGN_OR_RETURN(const std::optional<trace::RawChunk> chunk, source_.Next());
  if (!chunk.has_value()) {
    return absl::DataLossError(
        fmt::format("is cut in its header, after {} bytes: the recording ended before it began",
                    source_.file_bytes()));
  }
  auto content = opener_.Open(chunk->bytes);
  v1::Header message;
  if (!content.ok() || content->kind != ChunkKind::kHeader ||
      !Parse(content->message, message).ok()) {
    return absl::DataLossError("has a damaged header");
  }
  ASSIGN_OR_RETURN(header_, trace::FromMessage(message));
  UpdateExtent();
  return absl::OkStatus();
}

absl::StatusOr<const Record*> TraceReader::Impl::Next() {
  while (true) {
    if (const Record* record = merger_.Next(); record != nullptr) {
      ++extent_.records;
      return record;
    }
    if (ended_) {
      if (failure_.ok()) return nullptr;
      return Failure();
    }
    if (absl::Status status = ReadRound(); !status.ok()) End(std::move(status));
    UpdateExtent();
  }
}

absl::Status TraceReader::Impl::ReadRound() {
  round_ended_ = false;
  while (!round_ended_) {
    ASSIGN_OR_RETURN(const std::optional<trace::RawChunk> chunk, source_.Next());
    if (!chunk.has_value()) {
      End(absl::OkStatus());
      return absl::OkStatus();
    }
    auto content = opener_.Open(chunk->bytes);
    absl::Status status = content.ok() ? Take(*content) : content.status();
    if (!status.ok()) return InChunk(chunk->offset, status);
    extent_.good_bytes = source_.good_bytes();
    if (merger_.buffered_bytes() > kMaxBufferedBytes) {
      merger_.ReleaseAll();
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status TraceReader::Impl::Take(const ChunkContent& content) {
  if (trailer_seen_) return absl::DataLossError("comes after the end of the trace");
  switch (content.kind) {
    case ChunkKind::kNone:
      ++extent_.unknown_chunks;
      return absl::OkStatus();
    case ChunkKind::kHeader:
      return absl::DataLossError("is a second header: the file is put together from two traces");
    case ChunkKind::kStrings:
      return TakeStrings(content.message);
    case ChunkKind::kStacks:
      return TakeStacks(content.message);
    case ChunkKind::kAccessBlock:
    case ChunkKind::kAllocationBlock:
    case ChunkKind::kFaultBlock:
    case ChunkKind::kPlacementBlock:
    case ChunkKind::kMappings:
    case ChunkKind::kProcesses:
    case ChunkKind::kThreads:
    case ChunkKind::kLosses:
    case ChunkKind::kStatistics:
    case ChunkKind::kPeriods:
      return TakeBlock(content);
    case ChunkKind::kRoundEnd:
      return TakeRoundEnd(content.message);
    case ChunkKind::kSymbols:
      return TakeSymbols(content.message);
    case ChunkKind::kFooter:
      return TakeFooter(content.message);
    case ChunkKind::kTrailer:
      trailer_seen_ = true;
      return absl::OkStatus();
    case ChunkKind::kCompressed:
      break;  // opened before
  }
  return absl::InternalError("was not opened");
}

absl::Status TraceReader::Impl::TakeStrings(std::string_view bytes) {
  v1::Strings message;
  RETURN_IF_ERROR(Parse(bytes, message));
  if (message.first_id() != strings_.size() + 1) {
    return absl::DataLossError(
        fmt::format("begins with text {}, not {}: a chunk is missing or "
                    "doubled",
                    message.first_id(), strings_.size() + 1));
  }
  for (std::string& text : *message.mutable_text()) {
    if (strings_.size() == trace::kMaxStrings ||
        strings_.bytes() + text.size() > trace::kMaxStringBytes) {
      return absl::DataLossError("has more text than a trace can have");
    }
    strings_.Add(std::move(text));
  }
  return absl::OkStatus();
}

absl::Status TraceReader::Impl::TakeStacks(std::string_view bytes) {
  v1::Stacks message;
  RETURN_IF_ERROR(Parse(bytes, message));
  if (message.first_id() != stacks_.size() + 1) {
    return absl::DataLossError(
        fmt::format("begins with stack {}, not {}: a chunk is missing or "
                    "doubled",
                    message.first_id(), stacks_.size() + 1));
  }
  int used = 0;
  std::uint64_t address = 0;
  for (const std::uint32_t depth : message.depth()) {
    if (depth > static_cast<std::uint32_t>(message.address_delta_size() - used)) {
      return absl::DataLossError("has fewer frames than it says");
    }
    if (stacks_.size() == trace::kMaxStacks || stacks_.frames() + depth > trace::kMaxStackFrames) {
      return absl::DataLossError("has more call stacks than a trace can have");
    }
    for (const int end = used + static_cast<int>(depth); used < end; ++used) {
      address += static_cast<std::uint64_t>(message.address_delta(used));
      stacks_.AddFrame(address);
    }
    stacks_.EndStack();
  }
  if (used != message.address_delta_size()) {
    return absl::DataLossError("has more frames than it says");
  }
  return absl::OkStatus();
}

absl::Status TraceReader::Impl::TakeBlock(const ChunkContent& content) {
  trace::RecordBlock& block = merger_.NewBlock();
  absl::Status status = decoder_.Decode(content.kind, content.message, strings_, block);
  if (!status.ok()) {
    merger_.Recycle(block);
    return status;
  }
  decoded_ += block.records.size();
  merger_.Add(content.kind, block);
  return absl::OkStatus();
}

absl::Status TraceReader::Impl::TakeRoundEnd(std::string_view bytes) {
  v1::RoundEnd message;
  RETURN_IF_ERROR(Parse(bytes, message));
  const std::uint64_t records = decoded_ - round_decoded_;
  const bool all_known = extent_.unknown_chunks == round_unknown_;
  round_decoded_ = decoded_;
  round_unknown_ = extent_.unknown_chunks;
  if (all_known && records != message.records()) {
    return absl::DataLossError(fmt::format(
        "ends a round of {} records; {} were found: chunks before it are missing or doubled",
        message.records(), records));
  }
  merger_.ReleaseBefore(message.watermark_ns());
  round_ended_ = true;
  return absl::OkStatus();
}

// Decoded again when they were known before, and not kept: damage is then found in its place.
absl::Status TraceReader::Impl::TakeSymbols(std::string_view bytes) {
  return early_symbols_ ? trace::SymbolStore().Take(bytes) : symbols_.Take(bytes);
}

absl::Status TraceReader::Impl::TakeFooter(std::string_view bytes) {
  if (extent_.finished) return absl::DataLossError("is a second footer");
  v1::Footer message;
  RETURN_IF_ERROR(Parse(bytes, message));
  const std::uint64_t records = message.access_records() + message.allocation_records() +
                                message.fault_records() + message.mapping_records() +
                                message.process_records() + message.thread_records() +
                                message.loss_records() + message.statistics_records() +
                                message.period_records() + message.placement_records();
  if (extent_.unknown_chunks == 0 && records != decoded_) {
    return absl::DataLossError(
        fmt::format("says that the trace has {} records; {} were found: rounds are missing or "
                    "doubled",
                    records, decoded_));
  }
  const v1::Recorder& recorder = message.recorder();
  statistics_ = RecorderStatistics{.user_ns = recorder.user_ns(),
                                   .system_ns = recorder.system_ns(),
                                   .wall_ns = recorder.wall_ns(),
                                   .ticks = recorder.ticks(),
                                   .channel_events = recorder.channel_events()};
  extent_.finished = true;
  return absl::OkStatus();
}

void TraceReader::Impl::End(absl::Status status) {
  ended_ = true;
  failure_ = std::move(status);
  extent_.cut = source_.cut();
  merger_.ReleaseAll();
}

absl::Status TraceReader::Impl::Failure() const {
  return InTrace(
      path_, absl::Status(failure_.code(), fmt::format("{}; the {} records before it are good",
                                                       base::Message(failure_), extent_.records)));
}

void TraceReader::Impl::UpdateExtent() {
  if (failure_.ok()) extent_.good_bytes = source_.good_bytes();
  extent_.file_bytes = source_.file_bytes();
  extent_.late_records = merger_.late_records();
}

absl::StatusOr<TraceReader> TraceReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(trace::ChunkSource source, trace::ChunkSource::Open(path));
  auto impl = std::make_unique<Impl>(path, std::move(source));
  if (absl::Status status = impl->ReadHeader(); !status.ok()) return InTrace(path, status);
  impl->LookAhead();
  return TraceReader(std::move(impl));
}

TraceReader::TraceReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader& TraceReader::operator=(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

const TraceHeader& TraceReader::header() const { return impl_->header(); }
absl::StatusOr<const Record*> TraceReader::Next() { return impl_->Next(); }
std::span<const std::uint64_t> TraceReader::Stack(std::uint32_t id) const {
  return impl_->stacks().Get(id);
}
const Symbols& TraceReader::symbols() const { return impl_->symbols(); }
const TraceExtent& TraceReader::extent() const { return impl_->extent(); }
const std::optional<RecorderStatistics>& TraceReader::recorder_statistics() const {
  return impl_->statistics();
}

}  // namespace heimdallr
