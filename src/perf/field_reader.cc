#include "perf/field_reader.h"

namespace heimdallr::perf {

std::span<const std::byte> FieldReader::TakeBytes(std::uint64_t size) {
  if (size > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  const auto taken = bytes_.first(size);
  bytes_ = bytes_.subspan(size);
  return taken;
}

void FieldReader::SkipMany(std::uint64_t count, std::uint64_t size) {
  // Divided, as the product of a hostile count may wrap around.
  if (count > bytes_.size() / size) {
    ok_ = false;
    bytes_ = {};
    return;
  }
  Skip(count * size);
}

std::string FieldReader::TakeString() {
  if (bytes_.empty()) return {};
  const auto* text = reinterpret_cast<const char*>(bytes_.data());
  std::string value(text, strnlen(text, bytes_.size()));
  bytes_ = {};
  return value;
}

}  // namespace heimdallr::perf
