#include "process/maps.h"

#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/status_macros.h"

namespace heimdallr::process {
namespace {

// Takes the text up to `end` off the front of `rest`.
std::string_view Take(std::string_view& rest, char end) {
  const std::size_t position = std::min(rest.find(end), rest.size());
  const std::string_view token = rest.substr(0, position);
  rest.remove_prefix(std::min(position + 1, rest.size()));
  return token;
}

std::optional<std::uint64_t> Number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "start-end perms offset major:minor inode   path"
std::optional<Mapping> ParseLine(std::string_view line) {
  const auto start = Number(Take(line, '-'), 16);
  const auto end = Number(Take(line, ' '), 16);
  const std::string_view permissions = Take(line, ' ');
  const auto offset = Number(Take(line, ' '), 16);
  Take(line, ' ');  // device
  const auto inode = Number(Take(line, ' '), 10);
  if (!start || !end || !offset || !inode || permissions.size() != 4) return std::nullopt;

  Mapping mapping{.start = *start, .end = *end, .offset = *offset, .inode = *inode};
  if (permissions[0] == 'r') mapping.protection |= PROT_READ;
  if (permissions[1] == 'w') mapping.protection |= PROT_WRITE;
  if (permissions[2] == 'x') mapping.protection |= PROT_EXEC;
  mapping.shared = permissions[3] == 's';
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  mapping.path = line;
  return mapping;
}

}  // namespace

std::vector<Mapping> ParseMaps(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    if (auto mapping = ParseLine(Take(text, '\n'))) mappings.push_back(*std::move(mapping));
  }
  return mappings;
}

absl::StatusOr<std::vector<Mapping>> ReadMaps(int pid) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(fmt::format("/proc/{}/maps", pid)));
  return ParseMaps(text);
}

}  // namespace heimdallr::process
