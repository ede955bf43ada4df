#include "export/parquet_footer.h"

#include "export/parquet_format.h"
#include "export/thrift_compact.h"

namespace heimdallr::exports {
namespace {

parquet::PhysicalType PhysicalTypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kInt32:
    case ColumnType::kUint32:
      return parquet::kInt32;
    case ColumnType::kUint64:
    case ColumnType::kAddress:
      return parquet::kInt64;
    case ColumnType::kReal:
      return parquet::kDouble;
    case ColumnType::kFlag:
      return parquet::kBoolean;
    case ColumnType::kText:
    case ColumnType::kStack:
      break;
  }
  return parquet::kByteArray;
}

std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

enum class Signedness : std::uint8_t { kUnsigned, kSigned };

void AppendInteger(parquet::ConvertedType converted, std::int8_t width, Signedness signedness,
                   ThriftWriter& out) {
  out.Int32(6, converted);
  out.BeginStruct(10);  // LogicalType
  out.BeginStruct(10);  // IntType
  out.Int8(1, width);
  out.Flag(2, signedness == Signedness::kSigned);
  out.EndStruct();
  out.EndStruct();
}

// The older ConvertedType is for readers that do not know LogicalType.
void AppendLogicalType(ColumnType type, ThriftWriter& out) {
  switch (type) {
    case ColumnType::kInt32:
      AppendInteger(parquet::kInt32Type, 32, Signedness::kSigned, out);
      break;
    case ColumnType::kUint32:
      AppendInteger(parquet::kUint32Type, 32, Signedness::kUnsigned, out);
      break;
    case ColumnType::kUint64:
    case ColumnType::kAddress:
      AppendInteger(parquet::kUint64Type, 64, Signedness::kUnsigned, out);
      break;
    case ColumnType::kText:
    case ColumnType::kStack:
      out.Int32(6, parquet::kUtf8);
      out.BeginStruct(10);
      out.BeginStruct(1);  // StringType
      out.EndStruct();
      out.EndStruct();
      break;
    case ColumnType::kReal:
    case ColumnType::kFlag:
      break;
  }
}

void AppendSchema(std::span<const Column> columns, ThriftWriter& out) {
  out.BeginStructList(2, columns.size() + 1);
  out.BeginStructElement();  // the root
  out.Binary(4, "heimdallr");
  out.Int32(5, static_cast<std::int32_t>(columns.size()));
  out.EndStruct();
  for (const Column& column : columns) {
    out.BeginStructElement();
    out.Int32(1, PhysicalTypeOf(column.type));
    out.Int32(3, column.presence == Presence::kAlways ? parquet::kRequired : parquet::kOptional);
    out.Binary(4, column.name);
    AppendLogicalType(column.type, out);
    out.EndStruct();
  }
}

void AppendStatistics(const WrittenChunk& chunk, ThriftWriter& out) {
  out.BeginStruct(12);
  out.Int64(3, Signed(chunk.absent));
  if (chunk.bounds) {
    out.Binary(5, chunk.bounds->max);
    out.Binary(6, chunk.bounds->min);
  }
  out.EndStruct();
}

void AppendChunk(const Column& column, const WrittenChunk& chunk, ThriftWriter& out) {
  const std::uint64_t offset = chunk.dictionary_offset.value_or(chunk.data_offset);
  out.BeginStructElement();
  out.Int64(2, Signed(offset));
  out.BeginStruct(3);  // ColumnMetaData
  out.Int32(1, PhysicalTypeOf(column.type));
  out.BeginInt32List(2, chunk.dictionary_offset ? 3 : 2);
  out.Int32Element(parquet::kPlain);
  out.Int32Element(parquet::kRle);
  if (chunk.dictionary_offset) out.Int32Element(parquet::kRleDictionary);
  out.BeginBinaryList(3, 1);
  out.BinaryElement(column.name);
  out.Int32(4, parquet::kZstd);
  out.Int64(5, Signed(chunk.values));
  out.Int64(6, Signed(chunk.uncompressed_bytes));
  out.Int64(7, Signed(chunk.bytes));
  out.Int64(9, Signed(chunk.data_offset));
  if (chunk.dictionary_offset) out.Int64(11, Signed(*chunk.dictionary_offset));
  AppendStatistics(chunk, out);
  out.EndStruct();
  out.EndStruct();
}

void AppendRowGroup(std::span<const Column> columns, const WrittenRowGroup& group,
                    ThriftWriter& out) {
  std::uint64_t bytes = 0;
  std::uint64_t uncompressed = 0;
  out.BeginStructElement();
  out.BeginStructList(1, columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    AppendChunk(columns[i], group.chunks[i], out);
    bytes += group.chunks[i].bytes;
    uncompressed += group.chunks[i].uncompressed_bytes;
  }
  out.Int64(2, Signed(uncompressed));
  out.Int64(3, Signed(group.rows));
  out.Int64(6, Signed(bytes));
  out.EndStruct();
}

}  // namespace

std::string ParquetFooter(std::span<const Column> columns,
                          const std::vector<WrittenRowGroup>& groups, const FileNotes& notes) {
  std::uint64_t rows = 0;
  for (const WrittenRowGroup& group : groups) rows += group.rows;
  ThriftWriter out;
  out.Int32(1, parquet::kVersion);
  AppendSchema(columns, out);
  out.Int64(3, Signed(rows));
  out.BeginStructList(4, groups.size());
  for (const WrittenRowGroup& group : groups) AppendRowGroup(columns, group, out);
  out.BeginStructList(5, notes.size());
  for (const auto& [key, value] : notes) {
    out.BeginStructElement();
    out.Binary(1, key);
    out.Binary(2, value);
    out.EndStruct();
  }
  out.Binary(6, "heimdallr");
  // Without it readers must not trust bounds of unsigned numbers: by the type's own order.
  out.BeginStructList(7, columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out.BeginStructElement();
    out.BeginStruct(1);  // TypeDefinedOrder
    out.EndStruct();
    out.EndStruct();
  }
  out.EndStruct();
  return out.bytes();
}

}  // namespace heimdallr::exports
