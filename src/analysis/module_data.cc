#include "analysis/module_data.h"

#include <algorithm>
#include <iterator>

namespace heimdallr::analysis {

ModuleData::ModuleData(const ModuleSymbols& symbols) : symbols_(&symbols) {
  for (std::uint32_t i = 0; i < symbols.data.size(); ++i) {
    const DataSymbol& symbol = symbols.data[i];
    (symbol.kind == DataSymbol::Kind::kObject ? objects_ : sections_).push_back(i);
    extent_ = std::max(extent_, symbol.offset + symbol.size);
  }
}

std::optional<std::uint32_t> ModuleData::Find(DataSymbol::Kind kind, std::uint64_t offset) const {
  const auto& numbers = kind == DataSymbol::Kind::kObject ? objects_ : sections_;
  const std::vector<DataSymbol>& data = symbols_->data;
  const auto above = std::upper_bound(
      numbers.begin(), numbers.end(), offset,
      [&](std::uint64_t wanted, std::uint32_t number) { return wanted < data[number].offset; });
  if (above == numbers.begin()) return std::nullopt;
  const std::uint32_t number = *std::prev(above);
  if (offset - data[number].offset >= data[number].size) return std::nullopt;
  return number;
}

}  // namespace heimdallr::analysis
