#include "process/data_symbols.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "process/demangle.h"

namespace heimdallr::process {
namespace {

bool IsObject(const ElfSymbol& symbol, const ElfLayout& layout) {
  return (symbol.type == STT_OBJECT || symbol.type == STT_COMMON) && symbol.size != 0 &&
         layout.IsMapped(symbol.address, symbol.size);
}

std::vector<ElfSymbol> DisjointObjects(std::span<const ElfSymbol> symbols,
                                       const ElfLayout& layout) {
  std::vector<ElfSymbol> objects;
  for (const ElfSymbol& symbol : symbols) {
    if (IsObject(symbol, layout)) objects.push_back(symbol);
  }
  std::sort(objects.begin(), objects.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
    if (a.address != b.address) return a.address < b.address;
    return a.size != b.size ? a.size > b.size : IsBetterName(a, b);
  });
  std::uint64_t end = 0;
  std::erase_if(objects, [&](const ElfSymbol& object) {
    if (object.address < end) return true;
    end = object.address + object.size;
    return false;
  });
  return objects;
}

}  // namespace

std::vector<DataSymbol> MakeDataSymbols(
    std::span<const ElfSymbol> symbols, const ElfLayout& layout,
    const std::function<bool(std::uint64_t offset, std::uint64_t size)>& wanted) {
  std::vector<DataSymbol> data;
  const auto add = [&](std::uint64_t address, std::uint64_t size, std::string name,
                       DataSymbol::Kind kind) {
    data.push_back({address - layout.first_mapped_address(), size, std::move(name), kind});
  };
  const auto is_wanted = [&](std::uint64_t address, std::uint64_t size) {
    return !wanted || wanted(address - layout.first_mapped_address(), size);
  };
  for (const MappedSection& section : layout.sections()) {
    if (section.executable || !is_wanted(section.address, section.size)) continue;
    add(section.address, section.size, section.name, DataSymbol::Kind::kSection);
  }
  for (const ElfSymbol& object : DisjointObjects(symbols, layout)) {
    if (!is_wanted(object.address, object.size)) continue;
    add(object.address, object.size, Demangle(std::string(WithoutVersion(object.name))),
        DataSymbol::Kind::kObject);
  }
  std::stable_sort(data.begin(), data.end(),
                   [](const DataSymbol& a, const DataSymbol& b) { return a.offset < b.offset; });
  return data;
}

}  // namespace heimdallr::process
