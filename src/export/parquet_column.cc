#include "export/parquet_column.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "export/hybrid_encoding.h"
#include "export/parquet_format.h"
#include "export/thrift_compact.h"

namespace heimdallr::exports {
namespace {

static_assert(std::endian::native == std::endian::little, "plain values are little-endian");

constexpr int kCompressionLevel = 1;
// Numbers that a dictionary holds: of more different ones, indices save little. Texts always go by
// it.
constexpr std::size_t kMostNumbers = 4096;
constexpr std::size_t kAnyNumber = std::numeric_limits<std::uint32_t>::max();
// Longer texts help nobody to skip a row group.
constexpr std::size_t kLongestBound = 256;

template <typename Value>
void AppendRaw(Value value, std::string& out) {
  char bytes[sizeof(Value)];
  std::memcpy(bytes, &value, sizeof(Value));
  out.append(bytes, sizeof(Value));
}

bool Less(std::uint64_t a, std::uint64_t b, ColumnType type) {
  switch (type) {
    case ColumnType::kInt32:
      return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b);
    case ColumnType::kReal:
      return std::bit_cast<double>(a) < std::bit_cast<double>(b);
    default:
      return a < b;
  }
}

// Flags, one bit each.
void AppendBits(std::span<const std::uint64_t> flags, std::string& out) {
  for (std::size_t i = 0; i < flags.size(); i += 8) {
    std::uint64_t byte = 0;
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

std::optional<std::uint32_t> ValueDictionary::IndexOf(std::uint64_t value, std::size_t most) {
  const auto known = indices_.find(value);
  if (known != indices_.end()) return known->second;
  if (values_.size() >= most) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(values_.size());
  indices_.emplace(value, index);
  values_.push_back(value);
  return index;
}

void ValueDictionary::Clear() {
  values_.clear();
  indices_.clear();
}

void ParquetColumn::NoteText(std::uint64_t value) {
  const std::size_t before = dictionary_.values().size();
  (void)dictionary_.IndexOf(value, kAnyNumber);
  if (dictionary_.values().size() == before) return;
  text_bytes_ += sizeof(std::uint32_t) + Text(value).size();
}

// False if the page has to be plain.
bool ParquetColumn::MakeIndices() {
  if (column_.type == ColumnType::kFlag || too_many_values_) return false;
  // Indices need a dictionary, which numbers that are all absent do not make.
  if (page_.empty() && !IsText(column_.type)) return false;
  const std::size_t most = IsText(column_.type) ? kAnyNumber : kMostNumbers;
  indices_.resize(page_.size());
  for (std::size_t i = 0; i < page_.size(); ++i) {
    if (i != 0 && page_[i] == page_[i - 1]) {
      indices_[i] = indices_[i - 1];
      continue;
    }
    const auto index = dictionary_.IndexOf(page_[i], most);
    if (!index) {
      too_many_values_ = true;
      return false;
    }
    indices_[i] = *index;
  }
  return true;
}

void ParquetColumn::NoteBounds() {
  if (IsText(column_.type)) return;  // they are those of the dictionary
  for (const std::uint64_t value : page_) {
    if (!any_ || Less(value, min_, column_.type)) min_ = value;
    if (!any_ || Less(max_, value, column_.type)) max_ = value;
    any_ = true;
  }
}

void ParquetColumn::AppendLevels(std::string& body) const {
  if (column_.presence == Presence::kAlways) return;
  AppendRaw(std::uint32_t{0}, body);
  AppendHybrid(levels_, 1, body);
  const auto length = static_cast<std::uint32_t>(body.size() - sizeof(std::uint32_t));
  std::memcpy(body.data(), &length, sizeof(length));
}

void ParquetColumn::AppendPlain(std::span<const std::uint64_t> values, std::string& body) const {
  switch (column_.type) {
    case ColumnType::kInt32:
    case ColumnType::kUint32:
      for (const std::uint64_t value : values) AppendRaw(static_cast<std::uint32_t>(value), body);
      break;
    case ColumnType::kFlag:
      AppendBits(values, body);
      break;
    case ColumnType::kText:
    case ColumnType::kStack:
      for (const std::uint64_t value : values) {
        const std::string_view text = Text(value);
        AppendRaw(static_cast<std::uint32_t>(text.size()), body);
        body += text;
      }
      break;
    default:
      body.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
      break;
  }
}

absl::Status ParquetColumn::AppendCompressed(std::string_view body, PageKind kind,
                                             std::uint32_t count, std::string& out) {
  if (compressor_ == nullptr) return absl::ResourceExhaustedError("zstd: no memory left");
  std::string compressed(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(compressor_, compressed.data(), compressed.size(),
                                             body.data(), body.size(), kCompressionLevel);
  if (ZSTD_isError(size) != 0) {
    const std::string message = fmt::format("zstd: cannot compress {} bytes of column '{}': {}",
                                            body.size(), column_.name, ZSTD_getErrorName(size));
    return absl::ResourceExhaustedError({message.data(), message.size()});
  }
  const PageSize sizes{.values = count, .bytes = body.size(), .compressed_bytes = size};
  const std::string header =
      kind == PageKind::kDictionary
          ? DictionaryHeader(sizes)
          : DataHeader(sizes,
                       kind == PageKind::kByIndex ? parquet::kRleDictionary : parquet::kPlain);
  out += header;
  out.append(compressed.data(), size);
  chunk_.uncompressed_bytes += header.size() + body.size();
  return absl::OkStatus();
}

absl::Status ParquetColumn::EndPage() {
  if (rows_ == 0) return absl::OkStatus();
  NoteBounds();
  std::string body;
  AppendLevels(body);
  const bool by_index = MakeIndices();
  if (by_index) {
    const std::size_t size = std::max<std::size_t>(dictionary_.values().size(), 1);
    // A reader wants a width even for a dictionary of one.
    const int bits = std::max(1, BitsFor(static_cast<std::uint32_t>(size - 1)));
    body += static_cast<char>(bits);
    AppendHybrid(indices_, bits, body);
  } else {
    AppendPlain(page_, body);
  }
  absl::Status status = AppendCompressed(body, by_index ? PageKind::kByIndex : PageKind::kPlain,
                                         rows_, chunk_.data_pages);
  chunk_.values += rows_;
  rows_ = 0;
  levels_.clear();
  page_.clear();
  return status;
}

std::optional<ColumnBounds> ParquetColumn::TextBounds() const {
  const auto& words = dictionary_.values();
  if (words.empty()) return std::nullopt;
  const auto [min, max] =
      std::minmax_element(words.begin(), words.end(),
                          [this](std::uint64_t a, std::uint64_t b) { return Text(a) < Text(b); });
  if (std::max(Text(*min).size(), Text(*max).size()) > kLongestBound) return std::nullopt;
  return ColumnBounds{.min = std::string(Text(*min)), .max = std::string(Text(*max))};
}

std::optional<ColumnBounds> ParquetColumn::Bounds() const {
  if (column_.type == ColumnType::kText) return TextBounds();
  if (column_.type == ColumnType::kStack) return std::nullopt;  // too long to be of use
  if (!any_) return std::nullopt;
  ColumnBounds bounds;
  AppendPlain({&min_, 1}, bounds.min);
  AppendPlain({&max_, 1}, bounds.max);
  return bounds;
}

absl::StatusOr<ColumnChunk> ParquetColumn::Finish() {
  if (absl::Status status = EndPage(); !status.ok()) return status;
  const auto& values = dictionary_.values();
  if (!values.empty() || IsText(column_.type)) {
    std::string body;
    AppendPlain(values, body);
    absl::Status status =
        AppendCompressed(body, PageKind::kDictionary, static_cast<std::uint32_t>(values.size()),
                         chunk_.dictionary_page);
    if (!status.ok()) return status;
  }
  chunk_.bounds = Bounds();
  dictionary_.Clear();
  text_bytes_ = 0;
  too_many_values_ = false;
  any_ = false;
  return std::exchange(chunk_, {});
}

}  // namespace heimdallr::exports
