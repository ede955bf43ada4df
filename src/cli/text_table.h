// Columns of text that line up.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace heimdallr::cli {

enum class Align { kLeft, kRight };

/// Rows of cells, each column as wide as its widest cell, two spaces between columns.
class TextTable {
 public:
  explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}

  /// Missing cells at the end are empty; there are no more cells than columns.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// Appends the lines, each after `indent` spaces and without spaces at its end.
  void AppendTo(fmt::memory_buffer& out, std::size_t indent) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace heimdallr::cli
