#include "cli/record_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>
#include <variant>

namespace heimdallr::cli {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kDecimals = 9;

// In the order of their bits.
constexpr std::array<std::string_view, 11> kTypes{
    "access", "fault", "allocation", "deallocation", "mapping",  "process",
    "thread", "loss",  "statistics", "period",       "placement"};

// By the order of Record's alternatives, with allocations parted by event.
std::uint32_t TypeBit(const Record& record) {
  const std::size_t index = record.index();
  if (const auto* allocation = std::get_if<AllocationRecord>(&record)) {
    return allocation->event == AllocationEvent::kAllocate ? 1U << 2 : 1U << 3;
  }
  return 1U << (index < 2 ? index : index + 1);
}

std::optional<std::uint64_t> ParseNumber(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> ParseAddress(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return ParseNumber(text.substr(2), 16);
  return ParseNumber(text, 10);
}

// Without floating point, so that a time copied from the output selects that very nanosecond.
std::optional<std::uint64_t> ParseSeconds(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string decimals(point == std::string_view::npos ? "" : text.substr(point + 1));
  if (whole.empty() && decimals.empty()) return std::nullopt;
  if (decimals.size() > kDecimals) return std::nullopt;
  decimals.resize(kDecimals, '0');
  const auto seconds = whole.empty() ? std::uint64_t{0} : ParseNumber(whole, 10);
  const auto ns = ParseNumber(decimals, 10);
  if (!seconds || !ns || *seconds > kMax / 1'000'000'000 - 1) return std::nullopt;
  return *seconds * 1'000'000'000 + *ns;
}

template <typename ParseEnd>
std::optional<Range> ParseRange(std::string_view text, ParseEnd parse_end) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view from = text.substr(0, colon);
  const std::string_view to = text.substr(colon + 1);
  const auto begin = from.empty() ? std::optional<std::uint64_t>(0) : parse_end(from);
  const auto end = to.empty() ? std::optional<std::uint64_t>(kMax) : parse_end(to);
  if (!begin || !end || *begin >= *end) return std::nullopt;
  return Range{*begin, *end};
}

bool Holds(const std::vector<std::int32_t>& wanted, std::int32_t value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// Process of a record; 0 for what concerns the recording alone.
template <typename AnyRecord>
std::int32_t ProcessOf(const AnyRecord& record) {
  if constexpr (requires { record.pid; }) {
    return record.pid;
  } else {
    return 0;
  }
}

// Thread of a record; statistics and process events concern the whole process.
template <typename AnyRecord>
std::int32_t ThreadOf(const AnyRecord& record) {
  if constexpr (requires { record.tid; }) {
    return record.tid;
  } else {
    return ProcessOf(record);
  }
}

}  // namespace

std::optional<Range> ParseTimeRange(std::string_view text) {
  return ParseRange(text, ParseSeconds);
}

std::optional<Range> ParseAddressRange(std::string_view text) {
  return ParseRange(text, ParseAddress);
}

std::optional<std::uint32_t> ParseType(std::string_view name) {
  const auto* found = std::find(kTypes.begin(), kTypes.end(), name);
  if (found == kTypes.end()) return std::nullopt;
  return 1U << (found - kTypes.begin());
}

std::string TypeNames() {
  std::string names;
  for (const std::string_view type : kTypes) {
    if (!names.empty()) names += ", ";
    names += type;
  }
  return names;
}

bool RecordFilter::Accepts(const Record& record) {
  // First, as it has to see every allocation that leaves or enters the range.
  if (options_.address && !std::visit([this](const auto& r) { return AddressFits(r); }, record)) {
    return false;
  }
  if (options_.types != 0 && (options_.types & TypeBit(record)) == 0) return false;
  return std::visit(
      [this](const auto& r) {
        return (!options_.time_ns ||
                (r.time_ns >= options_.time_ns->begin && r.time_ns < options_.time_ns->end)) &&
               Holds(options_.pids, ProcessOf(r)) && Holds(options_.tids, ThreadOf(r));
      },
      record);
}

bool RecordFilter::Overlaps(std::uint64_t address, std::uint64_t size) const {
  // A block of no bytes counts as its address.
  const std::uint64_t last =
      address + std::min(std::max<std::uint64_t>(size, 1) - 1, kMax - address);
  return address < options_.address->end && last >= options_.address->begin;
}

bool RecordFilter::AddressFits(const AccessRecord& record) {
  return Overlaps(record.address, record.size);
}

bool RecordFilter::AddressFits(const FaultRecord& record) { return Overlaps(record.address, 1); }

bool RecordFilter::AddressFits(const MappingRecord& record) {
  return Overlaps(record.address, record.size);
}

bool RecordFilter::AddressFits(const AllocationRecord& record) {
  if (record.address == 0) return record.old_address != 0 && Overlaps(record.old_address, 1);
  const bool overlaps = Overlaps(record.address, record.size);
  const auto key = std::pair(record.pid, record.address);
  if (record.event == AllocationEvent::kDeallocate) return overhanging_.erase(key) != 0 || overlaps;
  if (overlaps && record.address < options_.address->begin) overhanging_.insert(key);
  return overlaps;
}

}  // namespace heimdallr::cli
