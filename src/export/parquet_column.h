// One column of a row group of a Parquet file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "export/cell_texts.h"
#include "export/table.h"

struct ZSTD_CCtx_s;

namespace heimdallr::exports {

/// Smallest and largest value, as Parquet stores them; what is too long is left out.
struct ColumnBounds {
  std::string min;
  std::string max;
};

/// A finished column chunk: the dictionary page, if there is one, then the data pages.
struct ColumnChunk {
  std::string dictionary_page;  ///< with its header; empty = the column has none
  std::string data_pages;       ///< with their headers
  std::uint64_t uncompressed_bytes = 0;
  std::uint64_t values = 0;  ///< absent ones included
  std::uint64_t absent = 0;
  std::optional<ColumnBounds> bounds;  ///< none: no value is present, or they are too long
};

/// The different values of a column in a row group, in the order of their first occurrence.
class ValueDictionary {
 public:
  /// Index of the value; nothing if it is new and `most` are in it.
  [[nodiscard]] std::optional<std::uint32_t> IndexOf(std::uint64_t value, std::size_t most);
  [[nodiscard]] const std::vector<std::uint64_t>& values() const { return values_; }
  void Clear();

 private:
  std::vector<std::uint64_t> values_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> indices_;
};

/// Encodes cells: by a dictionary of the row group where there are few different values, and always
/// for texts, else plain; each page compressed by zstd. Memory: the compressed pages of the row
/// group, its dictionary and one page of cells.
class ParquetColumn {
 public:
  /// What is borrowed outlives it. ResourceExhausted, when it is used, if `compressor` is nullptr.
  ParquetColumn(const Column& column, CellTexts& texts, ZSTD_CCtx_s* compressor)
      : column_(column), texts_(&texts), compressor_(compressor) {}

  [[nodiscard]] absl::Status Add(const Cell& cell) {
    if (column_.presence == Presence::kSometimes) levels_.push_back(cell.present ? 1 : 0);
    if (cell.present) {
      page_.push_back(cell.bits);
      if (IsText(column_.type)) NoteText(cell.bits);
    } else {
      ++chunk_.absent;
    }
    return ++rows_ == kPageRows ? EndPage() : absl::OkStatus();
  }

  /// The chunk of all cells since the last one; the next row group begins.
  [[nodiscard]] absl::StatusOr<ColumnChunk> Finish();

  /// What the different texts of the row group take so far.
  [[nodiscard]] std::size_t text_bytes() const { return text_bytes_; }

 private:
  static constexpr std::uint32_t kPageRows = 1 << 16;
  enum class PageKind : std::uint8_t { kPlain, kByIndex, kDictionary };

  void NoteText(std::uint64_t value);
  [[nodiscard]] bool MakeIndices();
  void NoteBounds();
  [[nodiscard]] absl::Status EndPage();
  void AppendLevels(std::string& body) const;
  void AppendPlain(std::span<const std::uint64_t> values, std::string& body) const;
  [[nodiscard]] absl::Status AppendCompressed(std::string_view body, PageKind kind,
                                              std::uint32_t count, std::string& out);
  [[nodiscard]] std::string_view Text(std::uint64_t value) const {
    return texts_->Of(column_.type, value);
  }
  [[nodiscard]] std::optional<ColumnBounds> TextBounds() const;
  [[nodiscard]] std::optional<ColumnBounds> Bounds() const;

  Column column_;
  CellTexts* texts_;
  ZSTD_CCtx_s* compressor_;
  // The page.
  std::uint32_t rows_ = 0;
  std::vector<std::uint32_t> levels_;  // 1 = present
  std::vector<std::uint64_t> page_;    // bits of the present cells
  std::vector<std::uint32_t> indices_;
  // The row group.
  ColumnChunk chunk_;
  ValueDictionary dictionary_;
  bool too_many_values_ = false;  // for the dictionary: from here on plain
  std::size_t text_bytes_ = 0;
  bool any_ = false;
  std::uint64_t min_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace heimdallr::exports
