// Rows as lines of text: CSV and JSON.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "export/byte_sink.h"
#include "export/cell_texts.h"
#include "export/table.h"
#include "export/text_buffer.h"

namespace heimdallr::exports {

/// Comma-separated values by RFC 4180: a first line of names, lines end in CR LF, a field is quoted
/// where it must be. A value that is absent is an empty field.
class CsvRows : public RowWriter {
 public:
  /// What is borrowed outlives it.
  CsvRows(std::span<const Column> columns, CellTexts texts, ByteSink& out);

  [[nodiscard]] absl::Status Add(std::span<const Cell> row) override;
  [[nodiscard]] absl::Status Finish() override;

 private:
  std::span<const Column> columns_;
  CellTexts texts_;
  TextBuffer out_;
};

/// One JSON object a line. A value that is absent has no key; addresses are strings "0x...", as
/// JSON numbers above 2^53 are not read exactly everywhere.
class JsonRows : public RowWriter {
 public:
  /// What is borrowed outlives it.
  JsonRows(std::span<const Column> columns, CellTexts texts, ByteSink& out);

  [[nodiscard]] absl::Status Add(std::span<const Cell> row) override;
  [[nodiscard]] absl::Status Finish() override;

 private:
  std::span<const Column> columns_;
  CellTexts texts_;
  TextBuffer out_;
  std::vector<std::string> keys_;  // of each column, as they stand before its value
};

}  // namespace heimdallr::exports
