// Rows as lines of text: CSV and JSON.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "export/byte_sink.h"
#include "export/table.h"
#include "export/words.h"

namespace heimdallr::exports {

/// Comma-separated values by RFC 4180: a first line of names, lines end in CR LF, a field is quoted
/// where it must be. A value that is absent is an empty field.
class CsvRows : public RowWriter {
 public:
  /// `words` and `out` outlive it.
  CsvRows(std::span<const Column> columns, const Words& words, ByteSink& out);

  [[nodiscard]] absl::Status Add(std::span<const Cell> row) override;
  [[nodiscard]] absl::Status Finish() override;

 private:
  [[nodiscard]] const std::string& FieldOf(std::uint32_t word);

  std::span<const Column> columns_;
  const Words& words_;
  ByteSink& out_;
  fmt::memory_buffer buffer_;
  std::vector<std::string> fields_;  // by word, quoted; empty = not made yet
};

/// One JSON object a line. A value that is absent has no key; addresses are strings "0x...", as
/// JSON numbers above 2^53 are not read exactly everywhere.
class JsonRows : public RowWriter {
 public:
  /// `words` and `out` outlive it.
  JsonRows(std::span<const Column> columns, const Words& words, ByteSink& out);

  [[nodiscard]] absl::Status Add(std::span<const Cell> row) override;
  [[nodiscard]] absl::Status Finish() override;

 private:
  std::span<const Column> columns_;
  const Words& words_;
  ByteSink& out_;
  fmt::memory_buffer buffer_;
  std::vector<std::string> keys_;   // of each column, as they stand before its value
  std::vector<std::string> texts_;  // by word, in quotes; empty = not made yet
};

}  // namespace heimdallr::exports
