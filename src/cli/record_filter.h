// Which records are wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "heimdallr/records.h"

namespace heimdallr::cli {

/// Half-open range [begin, end).
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

/// "A:B" in seconds with at most nine decimals, as ns; either end may be empty. Nothing if it is
/// no such range or is empty.
[[nodiscard]] std::optional<Range> ParseTimeRange(std::string_view text);

/// "A:B", decimal or hexadecimal with 0x; either end may be empty.
[[nodiscard]] std::optional<Range> ParseAddressRange(std::string_view text);

/// A name of the type option, such as "access", as the bit TypeBit gives. Nothing if there is no
/// such type.
[[nodiscard]] std::optional<std::uint32_t> ParseType(std::string_view name);

/// All names ParseType knows, for messages: "access, fault, ...".
[[nodiscard]] std::string TypeNames();

/// A condition that is absent or empty lets everything through; those given must all hold.
struct FilterOptions {
  std::optional<Range> time_ns;
  std::optional<Range> address;
  std::vector<std::int32_t> pids;
  std::vector<std::int32_t> tids;
  std::uint32_t types = 0;  ///< ParseType's bits
};

/// Fed with the records of a trace in order of time. Not thread-safe.
///
/// An address condition holds for accesses and faults in the range, allocations and mappings that
/// overlap it, and deallocations of such blocks; records without an address are left out.
class RecordFilter {
 public:
  explicit RecordFilter(FilterOptions options) : options_(std::move(options)) {}

  [[nodiscard]] bool Accepts(const Record& record);

 private:
  [[nodiscard]] bool AddressFits(const AccessRecord& record);
  [[nodiscard]] bool AddressFits(const FaultRecord& record);
  [[nodiscard]] bool AddressFits(const AllocationRecord& record);
  [[nodiscard]] bool AddressFits(const MappingRecord& record);
  template <typename Other>
  [[nodiscard]] bool AddressFits(const Other& /*record*/) {
    return false;
  }
  [[nodiscard]] bool Overlaps(std::uint64_t address, std::uint64_t size) const;

  FilterOptions options_;
  // Blocks in the range that begin before it: a free names only their beginning.
  absl::flat_hash_set<std::pair<std::int32_t, std::uint64_t>> overhanging_;
};

}  // namespace heimdallr::cli
