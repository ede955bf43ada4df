// One column of a row group of a Parquet file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/table.h"
#include "export/words.h"

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

/// Encodes cells: numbers plain, texts by a dictionary of the row group, each page compressed by
/// zstd. Memory: the compressed pages of the row group and one page of cells.
class ParquetColumn {
 public:
  /// What is borrowed outlives it.
  ParquetColumn(const Column& column, const Words& words, ZSTD_CCtx_s& compressor)
      : column_(column), words_(words), compressor_(compressor) {}

  void Add(const Cell& cell) {
    if (column_.presence == Presence::kSometimes) levels_.push_back(cell.present ? 1 : 0);
    ++rows_;
    if (cell.present) {
      AddValue(cell);
    } else {
      ++chunk_.absent;
    }
    if (rows_ == kPageRows) EndPage();
  }

  /// The chunk of all cells since the last one; the next row group begins.
  [[nodiscard]] ColumnChunk Finish();

  [[nodiscard]] const Column& column() const { return column_; }

 private:
  static constexpr std::uint32_t kPageRows = 1 << 16;
  enum class PageKind : std::uint8_t { kData, kDictionary };

  void AddValue(const Cell& cell);
  [[nodiscard]] std::uint32_t IndexOf(std::uint32_t word);
  void Note(const Cell& cell);
  void EndPage();
  [[nodiscard]] std::string PageBody() const;
  [[nodiscard]] std::string DictionaryBody() const;
  [[nodiscard]] std::optional<ColumnBounds> Bounds() const;
  void AppendCompressed(std::string_view body, PageKind kind, std::uint32_t count,
                        std::string& out);

  Column column_;
  const Words& words_;
  ZSTD_CCtx_s& compressor_;
  // The page.
  std::uint32_t rows_ = 0;
  std::vector<std::uint32_t> levels_;   // 1 = present
  std::string plain_;                   // of numbers
  std::vector<std::uint32_t> indices_;  // of texts and flags
  // The row group.
  ColumnChunk chunk_;
  std::vector<std::uint32_t> dictionary_;  // words
  std::vector<std::uint32_t> index_of_;    // by word: 1 + index in dictionary_, 0 = not in it
  bool any_ = false;
  Cell min_;
  Cell max_;
};

}  // namespace heimdallr::exports
