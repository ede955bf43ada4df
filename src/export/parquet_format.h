// Numbers of the Parquet format (parquet.thrift of apache/parquet-format 2.10), as far as they are
// written here.
#pragma once

#include <cstdint>

namespace heimdallr::exports::parquet {

inline constexpr char kMagic[] = {'P', 'A', 'R', '1'};
inline constexpr std::int32_t kVersion = 2;

enum PhysicalType : std::int32_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kDouble = 5,
  kByteArray = 6,
};
enum ConvertedType : std::int32_t {
  kUtf8 = 0,
  kUint32Type = 13,
  kUint64Type = 14,
  kInt32Type = 17
};
enum Repetition : std::int32_t { kRequired = 0, kOptional = 1 };
enum Encoding : std::int32_t { kPlain = 0, kRle = 3, kRleDictionary = 8 };
enum PageType : std::int32_t { kDataPage = 0, kDictionaryPage = 2 };
inline constexpr std::int32_t kZstd = 6;  // CompressionCodec

}  // namespace heimdallr::exports::parquet
