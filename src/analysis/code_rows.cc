#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "analysis/profile_rows.h"

namespace heimdallr::analysis {
namespace {

// Function, module, file, line. A line that is not known is told by its offset.
using RowKey = std::tuple<std::string, std::string, std::string, std::uint64_t>;

RowKey KeyOf(const CodeName& name, CodeBy by) {
  if (by != CodeBy::kLine) return {name.function, name.module, name.file, 0};
  return {name.function, name.module, name.file, name.line != 0 ? name.line : name.offset};
}

CodeName NameFor(const CodeNames& names, const CodePlace& place, CodeBy by) {
  const auto level = by == CodeBy::kFunction ? InlineLevel::kOutermost : InlineLevel::kInnermost;
  CodeName name = names.NameOf(place, level);
  if (by != CodeBy::kLine) name.line = 0;
  return name;
}

}  // namespace

std::vector<CodeRow> CodeRows(const AccessProfile& profile, const CodeNames& names, CodeBy by) {
  std::vector<CodeRow> rows;
  absl::flat_hash_map<RowKey, std::size_t> known;
  for (const CodeStatistics::Instruction& instruction : profile.code().instructions()) {
    CodeName name = NameFor(names, instruction.place, by);
    const auto [entry, is_new] = known.try_emplace(KeyOf(name, by), rows.size());
    if (is_new) rows.push_back({.name = std::move(name)});
    CodeRow& row = rows[entry->second];
    row.name.offset = std::min(row.name.offset, instruction.place.offset);
    row.quantities.Merge(instruction.quantities);
  }
  return rows;
}

}  // namespace heimdallr::analysis
