#include "process/perf_map.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <system_error>

namespace heimdallr::process {
namespace {

constexpr std::size_t kMaxLines = std::size_t{4} << 20;
constexpr std::size_t kMaxNameBytes = 4096;

// Takes a hexadecimal number and the spaces behind it off the start of `line`.
std::optional<std::uint64_t> TakeNumber(std::string_view& line) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number, 16);
  if (error != std::errc{}) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
  if (spaces == 0) return std::nullopt;
  line.remove_prefix(spaces);
  return number;
}

}  // namespace

PerfMap PerfMap::Parse(std::string_view text) {
  PerfMap map;
  for (std::size_t lines = 0; !text.empty() && lines < kMaxLines; ++lines) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto start = TakeNumber(line);
    const auto size = start ? TakeNumber(line) : std::nullopt;
    if (!size || *size == 0 || line.empty()) continue;
    if (*size > std::numeric_limits<std::uint64_t>::max() - *start) continue;
    const std::string_view name = line.substr(0, kMaxNameBytes);
    map.Insert(*start, {*start + *size, map.names_.size(), name.size()});
    map.names_.append(name);
  }
  return map;
}

// Cuts what is there already to the parts beside the new function.
void PerfMap::Insert(std::uint64_t begin, Function function) {
  auto at = functions_.lower_bound(begin);
  if (at != functions_.begin()) {
    const auto before = std::prev(at);
    const Function old = before->second;
    if (old.end > begin) before->second.end = begin;
    if (old.end > function.end) functions_.emplace_hint(at, function.end, old);
  }
  at = functions_.lower_bound(begin);
  while (at != functions_.end() && at->first < function.end) {
    const Function old = at->second;
    at = functions_.erase(at);
    if (old.end > function.end) {
      functions_.emplace_hint(at, function.end, old);
      break;
    }
  }
  functions_.emplace(begin, function);
}

std::optional<std::string_view> PerfMap::Find(std::uint64_t address) const {
  const auto next = functions_.upper_bound(address);
  if (next == functions_.begin()) return std::nullopt;
  const Function& function = std::prev(next)->second;
  if (address >= function.end) return std::nullopt;
  return std::string_view(names_).substr(function.name, function.name_bytes);
}

}  // namespace heimdallr::process
