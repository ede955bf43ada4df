// What a Parquet file says of itself at its end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "export/parquet_column.h"
#include "export/table.h"

namespace heimdallr::exports {

/// Where a column chunk lies in the file, and what is in it.
struct WrittenChunk {
  std::optional<std::uint64_t> dictionary_offset;
  std::uint64_t data_offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t uncompressed_bytes = 0;
  std::uint64_t values = 0;
  std::uint64_t absent = 0;
  std::optional<ColumnBounds> bounds;
};

struct WrittenRowGroup {
  std::uint64_t rows = 0;
  std::vector<WrittenChunk> chunks;  ///< one a column
};

using FileNotes = std::vector<std::pair<std::string, std::string>>;

/// FileMetaData of parquet.thrift, in Thrift's compact protocol.
[[nodiscard]] std::string ParquetFooter(std::span<const Column> columns,
                                        const std::vector<WrittenRowGroup>& groups,
                                        const FileNotes& notes);

}  // namespace heimdallr::exports
