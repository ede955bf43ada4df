// The frame of a protobuf message, read without libprotobuf: which fields there are, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "trace/wire.h"

namespace heimdallr::trace {

/// Takes values from the front of some bytes. Each call returns nothing, and then takes nothing,
/// when the bytes do not begin with such a value.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::string_view rest() const { return bytes_; }

  [[nodiscard]] std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes_.size() && i < kMaxVarintBytes; ++i) {
      const auto byte = static_cast<std::uint8_t>(bytes_[i]);
      value |= std::uint64_t{byte & 0x7fU} << (7 * i);
      if (byte < 0x80) {
        bytes_.remove_prefix(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }

  /// Bytes behind their length.
  [[nodiscard]] std::optional<std::string_view> Bytes() {
    const std::string_view before = bytes_;
    const std::optional<std::uint64_t> size = Varint();
    if (size.has_value() && *size <= bytes_.size()) return Take(static_cast<std::size_t>(*size));
    bytes_ = before;
    return std::nullopt;
  }

  /// Leaves out the value of a field with the given wire type.
  [[nodiscard]] bool Skip(WireType type) {
    switch (type) {
      case WireType::kVarint:
        return Varint().has_value();
      case WireType::kBytes:
        return Bytes().has_value();
      case WireType::kFixed64:
        return SkipBytes(8);
      case WireType::kFixed32:
        return SkipBytes(4);
    }
    return false;  // groups, which proto3 does not have, and what is no wire type
  }

 private:
  std::string_view Take(std::size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  [[nodiscard]] bool SkipBytes(std::size_t size) {
    if (bytes_.size() < size) return false;
    bytes_.remove_prefix(size);
    return true;
  }

  std::string_view bytes_;
};

}  // namespace heimdallr::trace
