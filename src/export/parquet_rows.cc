#include "export/parquet_rows.h"

#include <zstd.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "export/parquet_format.h"

namespace heimdallr::exports {
namespace {

constexpr std::string_view kMagic(parquet::kMagic, sizeof(parquet::kMagic));

}  // namespace

ParquetRows::ParquetRows(std::span<const Column> columns, CellTexts texts, FileNotes notes,
                         OpenPart open_part, ParquetLimits limits)
    : columns_(columns),
      texts_(std::move(texts)),
      notes_(std::move(notes)),
      open_part_(std::move(open_part)),
      limits_(limits),
      compressor_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
  encoders_.reserve(columns_.size());
  for (const Column& column : columns_) {
    encoders_.emplace_back(column, texts_, compressor_.get());
  }
}

ParquetRows::~ParquetRows() = default;

absl::Status ParquetRows::Write(std::string_view bytes) {
  part_bytes_ += bytes.size();
  return part_->Write(bytes);
}

absl::Status ParquetRows::BeginPart() {
  auto part = open_part_();
  if (!part.ok()) return part.status();
  part_ = *std::move(part);
  any_part_ = true;
  part_bytes_ = 0;
  groups_.clear();
  return Write(kMagic);
}

absl::Status ParquetRows::Add(std::span<const Cell> row) {
  std::size_t text_bytes = 0;
  for (std::size_t i = 0; i < encoders_.size(); ++i) {
    if (absl::Status status = encoders_[i].Add(row[i]); !status.ok()) return status;
    text_bytes += encoders_[i].text_bytes();
  }
  const bool full = ++rows_ == limits_.group_rows || text_bytes >= limits_.group_text_bytes;
  return full ? EndGroup() : absl::OkStatus();
}

absl::Status ParquetRows::EndGroup() {
  if (part_ == nullptr) {
    if (absl::Status status = BeginPart(); !status.ok()) return status;
  }
  WrittenRowGroup group{.rows = std::exchange(rows_, 0)};
  for (ParquetColumn& encoder : encoders_) {
    auto finished = encoder.Finish();
    if (!finished.ok()) return finished.status();
    ColumnChunk& chunk = *finished;
    WrittenChunk written{.bytes = chunk.dictionary_page.size() + chunk.data_pages.size(),
                         .uncompressed_bytes = chunk.uncompressed_bytes,
                         .values = chunk.values,
                         .absent = chunk.absent,
                         .bounds = std::move(chunk.bounds)};
    if (!chunk.dictionary_page.empty()) written.dictionary_offset = part_bytes_;
    written.data_offset = part_bytes_ + chunk.dictionary_page.size();
    for (const std::string_view pages :
         {std::string_view(chunk.dictionary_page), std::string_view(chunk.data_pages)}) {
      if (absl::Status status = Write(pages); !status.ok()) return status;
    }
    group.chunks.push_back(std::move(written));
  }
  groups_.push_back(std::move(group));
  return part_bytes_ >= limits_.part_bytes ? EndPart() : absl::OkStatus();
}

absl::Status ParquetRows::EndPart() {
  std::string footer = ParquetFooter(columns_, groups_, notes_);
  const auto length = static_cast<std::uint32_t>(footer.size());
  char bytes[sizeof(length)];
  std::memcpy(bytes, &length, sizeof(length));
  footer.append(bytes, sizeof(bytes));
  footer += kMagic;
  if (absl::Status status = Write(footer); !status.ok()) return status;
  absl::Status status = part_->Finish();
  part_.reset();
  return status;
}

absl::Status ParquetRows::Finish() {
  if (rows_ != 0) {
    if (absl::Status status = EndGroup(); !status.ok()) return status;
  }
  if (!any_part_) {
    if (absl::Status status = BeginPart(); !status.ok()) return status;
  }
  return part_ == nullptr ? absl::OkStatus() : EndPart();
}

}  // namespace heimdallr::exports
