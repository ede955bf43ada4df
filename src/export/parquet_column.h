// One column of a row group of a Parquet file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

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
  /// What is borrowed outlives it.
  ParquetColumn(const Column& column, const Words& words, ZSTD_CCtx_s& compressor)
      : column_(column), words_(words), compressor_(compressor) {}

  void Add(const Cell& cell) {
    if (column_.presence == Presence::kSometimes) levels_.push_back(cell.present ? 1 : 0);
    if (cell.present) {
      page_.push_back(cell.bits);
    } else {
      ++chunk_.absent;
    }
    if (++rows_ == kPageRows) EndPage();
  }

  /// The chunk of all cells since the last one; the next row group begins.
  [[nodiscard]] ColumnChunk Finish();

 private:
  static constexpr std::uint32_t kPageRows = 1 << 16;
  enum class PageKind : std::uint8_t { kPlain, kByIndex, kDictionary };

  [[nodiscard]] bool MakeIndices();
  void NoteBounds();
  void EndPage();
  void AppendLevels(std::string& body) const;
  void AppendPlain(std::span<const std::uint64_t> values, std::string& body) const;
  void AppendCompressed(std::string_view body, PageKind kind, std::uint32_t count,
                        std::string& out);
  [[nodiscard]] std::string_view Text(std::uint64_t word) const {
    return words_.text(static_cast<std::uint32_t>(word));
  }
  [[nodiscard]] std::optional<ColumnBounds> TextBounds() const;
  [[nodiscard]] std::optional<ColumnBounds> Bounds() const;

  Column column_;
  const Words& words_;
  ZSTD_CCtx_s& compressor_;
  // The page.
  std::uint32_t rows_ = 0;
  std::vector<std::uint32_t> levels_;  // 1 = present
  std::vector<std::uint64_t> page_;    // bits of the present cells
  std::vector<std::uint32_t> indices_;
  // The row group.
  ColumnChunk chunk_;
  ValueDictionary dictionary_;
  bool too_many_values_ = false;  // for the dictionary: from here on plain
  bool any_ = false;
  std::uint64_t min_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace heimdallr::exports
