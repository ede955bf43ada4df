#include "export/text_rows.h"

#include <iterator>
#include <string_view>

#include <fmt/compile.h>

#include "export/json_string.h"

namespace heimdallr::exports {
namespace {

constexpr std::size_t kEnough = 256 << 10;  // bytes collected before they are written

void Append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

// What is the same in both formats: all but text and addresses.
void AppendPlain(const Cell& cell, ColumnType type, fmt::memory_buffer& out) {
  switch (type) {
    case ColumnType::kInt32: {
      const fmt::format_int text(static_cast<std::int32_t>(cell.bits));
      Append(out, {text.data(), text.size()});
      break;
    }
    case ColumnType::kReal:
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), cell.real());
      break;
    case ColumnType::kFlag:
      Append(out, cell.bits != 0 ? "true" : "false");
      break;
    default: {
      const fmt::format_int text(cell.bits);
      Append(out, {text.data(), text.size()});
      break;
    }
  }
}

void AppendAddress(std::uint64_t address, fmt::memory_buffer& out) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:#x}"), address);
}

absl::Status Flush(fmt::memory_buffer& buffer, ByteSink& out) {
  absl::Status status = out.Write({buffer.data(), buffer.size()});
  buffer.clear();
  return status;
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace

CsvRows::CsvRows(std::span<const Column> columns, const Words& words, ByteSink& out)
    : columns_(columns), words_(words), out_(out) {
  for (const Column& column : columns_) {
    if (buffer_.size() != 0) buffer_.push_back(',');
    Append(buffer_, column.name);
  }
  Append(buffer_, "\r\n");
}

const std::string& CsvRows::FieldOf(std::uint32_t word) {
  if (fields_.size() <= word) fields_.resize(words_.size());
  std::string& field = fields_[word];
  if (field.empty()) field = CsvField(words_.text(word));
  return field;
}

absl::Status CsvRows::Add(std::span<const Cell> row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) buffer_.push_back(',');
    if (!row[i].present) continue;
    if (columns_[i].type == ColumnType::kText) {
      Append(buffer_, FieldOf(row[i].word()));
    } else if (columns_[i].type == ColumnType::kAddress) {
      AppendAddress(row[i].bits, buffer_);
    } else {
      AppendPlain(row[i], columns_[i].type, buffer_);
    }
  }
  Append(buffer_, "\r\n");
  return buffer_.size() < kEnough ? absl::OkStatus() : Flush(buffer_, out_);
}

absl::Status CsvRows::Finish() { return Flush(buffer_, out_); }

JsonRows::JsonRows(std::span<const Column> columns, const Words& words, ByteSink& out)
    : columns_(columns), words_(words), out_(out) {
  for (const Column& column : columns_) keys_.push_back(fmt::format("\"{}\":", column.name));
}

absl::Status JsonRows::Add(std::span<const Cell> row) {
  char before = '{';
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!row[i].present) continue;
    buffer_.push_back(before);
    before = ',';
    Append(buffer_, keys_[i]);
    if (columns_[i].type == ColumnType::kText) {
      const std::uint32_t word = row[i].word();
      if (texts_.size() <= word) texts_.resize(words_.size());
      if (texts_[word].empty()) AppendJsonString(words_.text(word), texts_[word]);
      Append(buffer_, texts_[word]);
    } else if (columns_[i].type == ColumnType::kAddress) {
      buffer_.push_back('"');
      AppendAddress(row[i].bits, buffer_);
      buffer_.push_back('"');
    } else {
      AppendPlain(row[i], columns_[i].type, buffer_);
    }
  }
  if (before == '{') buffer_.push_back('{');
  Append(buffer_, "}\n");
  return buffer_.size() < kEnough ? absl::OkStatus() : Flush(buffer_, out_);
}

absl::Status JsonRows::Finish() { return Flush(buffer_, out_); }

}  // namespace heimdallr::exports
