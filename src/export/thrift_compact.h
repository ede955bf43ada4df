// Thrift's compact protocol, as far as the metadata of a Parquet file needs it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heimdallr::exports {

/// Writes one struct, by the specification "Thrift Compact protocol encoding"
/// (doc/specs/thrift-compact-protocol.md of Apache Thrift). Fields of a struct come in ascending
/// order of their numbers; the caller balances what it begins.
class ThriftWriter {
 public:
  void Flag(std::int16_t field, bool value);
  void Int8(std::int16_t field, std::int8_t value);
  void Int16(std::int16_t field, std::int16_t value);
  void Int32(std::int16_t field, std::int32_t value);
  void Int64(std::int16_t field, std::int64_t value);
  void Binary(std::int16_t field, std::string_view bytes);

  void BeginStruct(std::int16_t field);
  void EndStruct();  ///< also of an element, and of the whole

  // Lists: of what the name says, `size` elements follow.
  void BeginStructList(std::int16_t field, std::size_t size);
  void BeginInt32List(std::int16_t field, std::size_t size);
  void BeginBinaryList(std::int16_t field, std::size_t size);
  void BeginStructElement() { last_fields_.push_back(0); }
  void Int32Element(std::int32_t value) { ZigZag(value); }
  void BinaryElement(std::string_view bytes);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  enum class Type : std::uint8_t;
  void Field(std::int16_t field, Type type);
  void List(std::int16_t field, Type type, std::size_t size);
  void Varint(std::uint64_t value);
  void ZigZag(std::int64_t value);

  std::string bytes_;
  std::vector<std::int16_t> last_fields_{0};  // of each open struct
};

}  // namespace heimdallr::exports
