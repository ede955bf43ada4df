// Takes fields off the front of a record, never past its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

namespace heimdallr::perf {

/// After a field that is not there whole, ok() is false, and what is taken is zero or empty: a
/// decoder takes all its fields and asks once.
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The next field, in the byte order of this machine.
  template <typename T>
  [[nodiscard]] T Take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const auto field = TakeBytes(sizeof(T));
    if (field.size() == sizeof(T)) std::memcpy(&value, field.data(), sizeof(T));
    return value;
  }

  /// The next `size` bytes; none when there are fewer.
  [[nodiscard]] std::span<const std::byte> TakeBytes(std::uint64_t size);

  void Skip(std::uint64_t size) { (void)TakeBytes(size); }

  /// Skips `count` fields of `size` bytes; safe for any count.
  void SkipMany(std::uint64_t count, std::uint64_t size);

  /// All that is left, as a string that ends at its first NUL.
  [[nodiscard]] std::string TakeString();

  [[nodiscard]] std::uint64_t remaining() const { return bytes_.size(); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace heimdallr::perf
