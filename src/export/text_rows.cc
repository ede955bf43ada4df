#include "export/text_rows.h"

#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "export/json_string.h"

namespace heimdallr::exports {
namespace {

// What is the same in both formats: all but text and addresses.
void AppendPlain(const Cell& cell, ColumnType type, TextBuffer& out) {
  switch (type) {
    case ColumnType::kInt32: {
      const fmt::format_int text(static_cast<std::int32_t>(cell.bits));
      out.Append(std::string_view(text.data(), text.size()));
      break;
    }
    case ColumnType::kReal:
      fmt::format_to(std::back_inserter(out.text()), FMT_COMPILE("{}"), cell.real());
      break;
    case ColumnType::kFlag:
      out.Append(cell.bits != 0 ? "true" : "false");
      break;
    default: {
      const fmt::format_int text(cell.bits);
      out.Append(std::string_view(text.data(), text.size()));
      break;
    }
  }
}

void AppendAddress(std::uint64_t address, TextBuffer& out) {
  fmt::format_to(std::back_inserter(out.text()), FMT_COMPILE("{:#x}"), address);
}

void AppendCsvField(std::string_view text, TextBuffer& out) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    out.Append(text);
    return;
  }
  out.Append('"');
  for (std::size_t quote = text.find('"'); quote != std::string_view::npos;
       quote = text.find('"')) {
    out.Append(text.substr(0, quote + 1));
    out.Append('"');
    text.remove_prefix(quote + 1);
  }
  out.Append(text);
  out.Append('"');
}

}  // namespace

CsvRows::CsvRows(std::span<const Column> columns, CellTexts texts, ByteSink& out)
    : columns_(columns), texts_(std::move(texts)), out_(out) {
  for (const Column& column : columns_) {
    if (out_.text().size() != 0) out_.Append(',');
    out_.Append(column.name);
  }
  out_.Append("\r\n");
}

absl::Status CsvRows::Add(std::span<const Cell> row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ColumnType type = columns_[i].type;
    if (i != 0) out_.Append(',');
    if (!row[i].present) continue;
    if (IsText(type)) {
      AppendCsvField(texts_.Of(type, row[i].bits), out_);
    } else if (type == ColumnType::kAddress) {
      AppendAddress(row[i].bits, out_);
    } else {
      AppendPlain(row[i], type, out_);
    }
  }
  out_.Append("\r\n");
  return out_.FlushIfMuch();
}

absl::Status CsvRows::Finish() { return out_.Flush(); }

JsonRows::JsonRows(std::span<const Column> columns, CellTexts texts, ByteSink& out)
    : columns_(columns), texts_(std::move(texts)), out_(out) {
  for (const Column& column : columns_) keys_.push_back(fmt::format("\"{}\":", column.name));
}

absl::Status JsonRows::Add(std::span<const Cell> row) {
  char before = '{';
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!row[i].present) continue;
    const ColumnType type = columns_[i].type;
    out_.Append(before);
    before = ',';
    out_.Append(keys_[i]);
    if (IsText(type)) {
      AppendJsonString(texts_.Of(type, row[i].bits), out_.text());
    } else if (type == ColumnType::kAddress) {
      out_.Append('"');
      AppendAddress(row[i].bits, out_);
      out_.Append('"');
    } else {
      AppendPlain(row[i], type, out_);
    }
  }
  if (before == '{') out_.Append('{');
  out_.Append("}\n");
  return out_.FlushIfMuch();
}

absl::Status JsonRows::Finish() { return out_.Flush(); }

}  // namespace heimdallr::exports
