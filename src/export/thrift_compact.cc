#include "export/thrift_compact.h"

namespace heimdallr::exports {

enum class ThriftWriter::Type : std::uint8_t {
  kTrue = 1,
  kFalse = 2,
  kInt8 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kBinary = 8,
  kList = 9,
  kStruct = 12,
};

void ThriftWriter::Varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void ThriftWriter::ZigZag(std::int64_t value) {
  Varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void ThriftWriter::Field(std::int16_t field, Type type) {
  const int delta = field - last_fields_.back();
  const auto code = static_cast<unsigned>(type);
  if (delta > 0 && delta <= 15) {
    bytes_ += static_cast<char>((static_cast<unsigned>(delta) << 4) | code);
  } else {
    bytes_ += static_cast<char>(code);
    ZigZag(field);
  }
  last_fields_.back() = field;
}

void ThriftWriter::List(std::int16_t field, Type type, std::size_t size) {
  Field(field, Type::kList);
  const auto code = static_cast<unsigned>(type);
  if (size < 15) {
    bytes_ += static_cast<char>((static_cast<unsigned>(size) << 4) | code);
  } else {
    bytes_ += static_cast<char>(0xf0U | code);
    Varint(size);
  }
}

void ThriftWriter::Flag(std::int16_t field, bool value) {
  Field(field, value ? Type::kTrue : Type::kFalse);
}
void ThriftWriter::Int8(std::int16_t field, std::int8_t value) {
  Field(field, Type::kInt8);
  bytes_ += static_cast<char>(value);
}
void ThriftWriter::Int16(std::int16_t field, std::int16_t value) {
  Field(field, Type::kInt16);
  ZigZag(value);
}
void ThriftWriter::Int32(std::int16_t field, std::int32_t value) {
  Field(field, Type::kInt32);
  ZigZag(value);
}
void ThriftWriter::Int64(std::int16_t field, std::int64_t value) {
  Field(field, Type::kInt64);
  ZigZag(value);
}
void ThriftWriter::Binary(std::int16_t field, std::string_view bytes) {
  Field(field, Type::kBinary);
  BinaryElement(bytes);
}

void ThriftWriter::BeginStruct(std::int16_t field) {
  Field(field, Type::kStruct);
  last_fields_.push_back(0);
}
void ThriftWriter::EndStruct() {
  bytes_ += '\0';
  last_fields_.pop_back();
}

void ThriftWriter::BeginStructList(std::int16_t field, std::size_t size) {
  List(field, Type::kStruct, size);
}
void ThriftWriter::BeginInt32List(std::int16_t field, std::size_t size) {
  List(field, Type::kInt32, size);
}
void ThriftWriter::BeginBinaryList(std::int16_t field, std::size_t size) {
  List(field, Type::kBinary, size);
}
void ThriftWriter::BinaryElement(std::string_view bytes) {
  Varint(bytes.size());
  bytes_ += bytes;
}

}  // namespace heimdallr::exports
