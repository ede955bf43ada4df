// Rows as Parquet files of bounded size.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "export/byte_sink.h"
#include "export/parquet_column.h"
#include "export/parquet_footer.h"
#include "export/table.h"

struct ZSTD_CCtx_s;

namespace heimdallr::exports {

struct ParquetLimits {
  std::uint64_t group_rows = 1 << 20;
  /// A row group ends sooner when its different texts take so much.
  std::size_t group_text_bytes = std::size_t{32} << 20;
  /// A part ends with the row group that brings it there.
  std::uint64_t part_bytes = std::uint64_t{256} << 20;
};

/// Writes parts, each a whole Parquet file; at least one, so that no rows have a schema, too.
/// Memory: one row group, compressed, its different texts, and one page of each column.
class ParquetRows : public RowWriter {
 public:
  /// Makes the next part.
  using OpenPart = std::function<absl::StatusOr<std::unique_ptr<FileSink>>()>;

  /// What is borrowed outlives it.
  ParquetRows(std::span<const Column> columns, CellTexts texts, FileNotes notes, OpenPart open_part,
              ParquetLimits limits = {});
  ParquetRows(const ParquetRows&) = delete;
  ParquetRows& operator=(const ParquetRows&) = delete;
  ~ParquetRows() override;

  [[nodiscard]] absl::Status Add(std::span<const Cell> row) override;
  [[nodiscard]] absl::Status Finish() override;

 private:
  [[nodiscard]] absl::Status BeginPart();
  [[nodiscard]] absl::Status EndGroup();
  [[nodiscard]] absl::Status EndPart();
  [[nodiscard]] absl::Status Write(std::string_view bytes);

  std::span<const Column> columns_;
  CellTexts texts_;
  FileNotes notes_;
  OpenPart open_part_;
  ParquetLimits limits_;
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> compressor_;
  std::vector<ParquetColumn> encoders_;
  std::uint64_t rows_ = 0;  // of the row group
  bool any_part_ = false;
  // The part.
  std::unique_ptr<FileSink> part_;
  std::uint64_t part_bytes_ = 0;
  std::vector<WrittenRowGroup> groups_;
};

}  // namespace heimdallr::exports
