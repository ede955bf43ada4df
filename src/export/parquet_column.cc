#include "export/parquet_column.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "export/hybrid_encoding.h"
#include "export/parquet_format.h"
#include "export/thrift_compact.h"

namespace heimdallr::exports {
namespace {

static_assert(std::endian::native == std::endian::little, "plain values are little-endian");

constexpr int kCompressionLevel = 1;
// Longer texts help nobody to skip a row group.
constexpr std::size_t kLongestBound = 256;

template <typename Value>
void AppendRaw(Value value, std::string& out) {
  char bytes[sizeof(Value)];
  std::memcpy(bytes, &value, sizeof(Value));
  out.append(bytes, sizeof(Value));
}

bool Less(const Cell& a, const Cell& b, ColumnType type) {
  switch (type) {
    case ColumnType::kInt32:
      return static_cast<std::int32_t>(a.bits) < static_cast<std::int32_t>(b.bits);
    case ColumnType::kReal:
      return a.real() < b.real();
    default:
      return a.bits < b.bits;
  }
}

void AppendPlain(const Cell& cell, ColumnType type, std::string& out) {
  switch (type) {
    case ColumnType::kInt32:
    case ColumnType::kUint32:
      AppendRaw(static_cast<std::uint32_t>(cell.bits), out);
      break;
    case ColumnType::kFlag:
      out += static_cast<char>(cell.bits);
      break;
    default:
      AppendRaw(cell.bits, out);
      break;
  }
}

// Flags, one bit each.
void AppendBits(const std::vector<std::uint32_t>& flags, std::string& out) {
  for (std::size_t i = 0; i < flags.size(); i += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8 && i + bit < flags.size(); ++bit) {
      byte |= flags[i + bit] << bit;
    }
    out += static_cast<char>(byte);
  }
}

struct PageSize {
  std::uint32_t values = 0;
  std::size_t bytes = 0;
  std::size_t compressed_bytes = 0;
};

void BeginHeader(parquet::PageType type, const PageSize& size, ThriftWriter& header) {
  header.Int32(1, type);
  header.Int32(2, static_cast<std::int32_t>(size.bytes));
  header.Int32(3, static_cast<std::int32_t>(size.compressed_bytes));
}

std::string DictionaryHeader(const PageSize& size) {
  ThriftWriter header;
  BeginHeader(parquet::kDictionaryPage, size, header);
  header.BeginStruct(7);  // DictionaryPageHeader
  header.Int32(1, static_cast<std::int32_t>(size.values));
  header.Int32(2, parquet::kPlain);
  header.EndStruct();
  header.EndStruct();
  return header.bytes();
}

std::string DataHeader(const PageSize& size, parquet::Encoding encoding) {
  ThriftWriter header;
  BeginHeader(parquet::kDataPage, size, header);
  header.BeginStruct(5);  // DataPageHeader
  header.Int32(1, static_cast<std::int32_t>(size.values));
  header.Int32(2, encoding);
  header.Int32(3, parquet::kRle);  // of definition levels
  header.Int32(4, parquet::kRle);  // of repetition levels, of which there are none
  header.EndStruct();
  header.EndStruct();
  return header.bytes();
}

}  // namespace

void ParquetColumn::AddValue(const Cell& cell) {
  switch (column_.type) {
    case ColumnType::kText:
      indices_.push_back(IndexOf(cell.word()));
      return;  // bounds are those of the dictionary
    case ColumnType::kFlag:
      indices_.push_back(static_cast<std::uint32_t>(cell.bits));
      break;
    default:
      AppendPlain(cell, column_.type, plain_);
      break;
  }
  Note(cell);
}

void ParquetColumn::Note(const Cell& cell) {
  if (!any_ || Less(cell, min_, column_.type)) min_ = cell;
  if (!any_ || Less(max_, cell, column_.type)) max_ = cell;
  any_ = true;
}

std::uint32_t ParquetColumn::IndexOf(std::uint32_t word) {
  if (word >= index_of_.size()) index_of_.resize(words_.size());
  std::uint32_t& index = index_of_[word];
  if (index == 0) {
    dictionary_.push_back(word);
    index = static_cast<std::uint32_t>(dictionary_.size());
  }
  return index - 1;
}

std::string ParquetColumn::PageBody() const {
  std::string body;
  if (column_.presence == Presence::kSometimes) {
    AppendRaw(std::uint32_t{0}, body);
    AppendHybrid(levels_, 1, body);
    const auto length = static_cast<std::uint32_t>(body.size() - sizeof(std::uint32_t));
    std::memcpy(body.data(), &length, sizeof(length));
  }
  if (column_.type == ColumnType::kText) {
    // A reader wants a width even for a dictionary of one.
    const int bits = std::max(
        1, BitsFor(static_cast<std::uint32_t>(std::max<std::size_t>(dictionary_.size(), 1) - 1)));
    body += static_cast<char>(bits);
    AppendHybrid(indices_, bits, body);
  } else if (column_.type == ColumnType::kFlag) {
    AppendBits(indices_, body);
  } else {
    body += plain_;
  }
  return body;
}

void ParquetColumn::AppendCompressed(std::string_view body, PageKind kind, std::uint32_t count,
                                     std::string& out) {
  std::string compressed(ZSTD_compressBound(body.size()), '\0');
  // It cannot fail: the output has room for the worst case, and the level is a valid one.
  const std::size_t size = ZSTD_compressCCtx(&compressor_, compressed.data(), compressed.size(),
                                             body.data(), body.size(), kCompressionLevel);
  const PageSize sizes{.values = count, .bytes = body.size(), .compressed_bytes = size};
  const std::string header =
      kind == PageKind::kDictionary
          ? DictionaryHeader(sizes)
          : DataHeader(sizes, column_.type == ColumnType::kText ? parquet::kRleDictionary
                                                                : parquet::kPlain);
  out += header;
  out.append(compressed.data(), size);
  chunk_.uncompressed_bytes += header.size() + body.size();
}

void ParquetColumn::EndPage() {
  if (rows_ == 0) return;
  AppendCompressed(PageBody(), PageKind::kData, rows_, chunk_.data_pages);
  chunk_.values += rows_;
  rows_ = 0;
  levels_.clear();
  plain_.clear();
  indices_.clear();
}

std::string ParquetColumn::DictionaryBody() const {
  std::string body;
  for (const std::uint32_t word : dictionary_) {
    const std::string& text = words_.text(word);
    AppendRaw(static_cast<std::uint32_t>(text.size()), body);
    body += text;
  }
  return body;
}

std::optional<ColumnBounds> ParquetColumn::Bounds() const {
  ColumnBounds bounds;
  if (column_.type == ColumnType::kText) {
    if (dictionary_.empty()) return std::nullopt;
    const auto [min, max] = std::minmax_element(
        dictionary_.begin(), dictionary_.end(),
        [this](std::uint32_t a, std::uint32_t b) { return words_.text(a) < words_.text(b); });
    bounds = {.min = words_.text(*min), .max = words_.text(*max)};
    if (std::max(bounds.min.size(), bounds.max.size()) > kLongestBound) return std::nullopt;
    return bounds;
  }
  if (!any_) return std::nullopt;
  AppendPlain(min_, column_.type, bounds.min);
  AppendPlain(max_, column_.type, bounds.max);
  return bounds;
}

ColumnChunk ParquetColumn::Finish() {
  EndPage();
  if (column_.type == ColumnType::kText) {
    AppendCompressed(DictionaryBody(), PageKind::kDictionary,
                     static_cast<std::uint32_t>(dictionary_.size()), chunk_.dictionary_page);
  }
  chunk_.bounds = Bounds();
  for (const std::uint32_t word : dictionary_) index_of_[word] = 0;
  dictionary_.clear();
  any_ = false;
  return std::exchange(chunk_, {});
}

}  // namespace heimdallr::exports
