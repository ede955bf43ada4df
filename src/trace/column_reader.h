// Columns of a decoded block: checked once for each column, then read without further checks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <absl/status/status.h>
#include <fmt/format.h>
#include <google/protobuf/repeated_field.h>

#include "trace/format.h"

namespace heimdallr::trace {

/// A [uniform] column: one element for each record, one for all, or none.
template <typename T>
class UniformReader {
 public:
  explicit UniformReader(const google::protobuf::RepeatedField<T>& column, T default_value = T{})
      : default_value_(default_value),
        data_(column.empty() ? &default_value_ : column.data()),
        size_(static_cast<std::size_t>(column.size())),
        mask_(size_ > 1 ? ~std::size_t{0} : 0) {}
  UniformReader(const UniformReader&) = delete;  // data_ may point into it
  UniformReader& operator=(const UniformReader&) = delete;

  [[nodiscard]] bool Fits(std::size_t records) const { return size_ <= 1 || size_ == records; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T operator[](std::size_t i) const { return data_[i & mask_]; }

 private:
  T default_value_;
  const T* data_;
  std::size_t size_;
  std::size_t mask_;
};

inline absl::Status WrongLength(std::string_view column, std::size_t size, std::size_t records) {
  return absl::DataLossError(
      fmt::format("has {} elements in the column {} for {}", size, column, records));
}

/// Sums up sites' addresses: the record of the same site before, or for a site's first record the
/// one before of any site.
class SiteAddresses {
 public:
  /// `site` is below kMaxBlockSites. Returns false when sites do not appear in their order.
  [[nodiscard]] bool Next(std::uint32_t site, std::int64_t delta) {
    if (site >= seen_) {
      if (site > seen_) return false;
      ++seen_;
      last_[site] = address_;
    }
    address_ = last_[site] += static_cast<std::uint64_t>(delta);
    return true;
  }
  /// Of the last record, 0 before the first.
  [[nodiscard]] std::uint64_t address() const { return address_; }

 private:
  std::array<std::uint64_t, kMaxBlockSites> last_;  // set at a site's first record
  std::uint32_t seen_ = 0;
  std::uint64_t address_ = 0;
};

}  // namespace heimdallr::trace
