#include "topology/number_list.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include <fmt/format.h>

namespace heimdallr::topology {
namespace {

constexpr std::string_view kBlanks = " \t\n";

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::uint32_t> ParseNumber(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number > kMaxListedNumber) return std::nullopt;
  return number;
}

// Appends "3" or "0-3"; false when it is neither.
bool AppendRange(std::string_view text, std::vector<std::uint32_t>& numbers) {
  const std::size_t dash = text.find('-');
  const auto first = ParseNumber(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ParseNumber(text.substr(dash + 1));
  if (!first || !last || *last < *first) return false;
  for (std::uint32_t number = *first; number <= *last; ++number) numbers.push_back(number);
  return true;
}

}  // namespace

absl::StatusOr<std::vector<std::uint32_t>> ParseNumberList(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  std::string_view rest = Trimmed(text);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const bool comma_at_end = comma == rest.size() - 1;
    if (comma_at_end || !AppendRange(rest.substr(0, comma), numbers)) {
      return absl::InvalidArgumentError(
          fmt::format("'{}' is no list such as 0-3,8", Trimmed(text)));
    }
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    // Ranges again and again would grow without end.
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  }
  return numbers;
}

std::string FormatNumberList(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text +=
        last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace heimdallr::topology
