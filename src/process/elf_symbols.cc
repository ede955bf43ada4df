#include "process/elf_symbols.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "process/demangle.h"
#include "process/elf_handle.h"

namespace heimdallr::process {
namespace {

Elf_Scn* FindTable(Elf* elf, GElf_Word type, GElf_Shdr& header) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == type) return section;
  }
  return nullptr;
}

std::size_t LeadingUnderscores(std::string_view name) {
  return std::min(name.find_first_not_of('_'), name.size());
}

// Exported before replaceable before private.
int BindingRank(const ElfSymbol& symbol) {
  if (symbol.binding == STB_GLOBAL || symbol.binding == STB_GNU_UNIQUE) return 0;
  return symbol.binding == STB_WEAK ? 1 : 2;
}

// Assembly code often leaves out the type. Names that begin with '$' mark kinds of code on ARM,
// those with ".L" places within a function.
bool IsFunction(const ElfSymbol& symbol, const ElfLayout& layout) {
  const std::string_view name = symbol.name;
  if (symbol.type != STT_FUNC && symbol.type != STT_GNU_IFUNC && symbol.type != STT_NOTYPE) {
    return false;
  }
  return layout.IsCode(symbol.address) && name[0] != '$' && !name.starts_with(".L");
}

Interval SizedInterval(const ElfSymbol& symbol, std::size_t index) {
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - symbol.address;
  return {symbol.address, symbol.address + std::min(symbol.size, room),
          static_cast<std::uint32_t>(index)};
}

// Functions without a size reach to the next symbol, or to the end of their section; within another
// function they are only labels. `functions` ascend.
std::vector<Interval> UnsizedIntervals(const std::vector<ElfSymbol>& functions,
                                       const ElfLayout& layout, const IntervalIndex& sized) {
  std::vector<Interval> intervals;
  std::uint64_t next_start = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = functions.size(); i-- > 0;) {
    const ElfSymbol& symbol = functions[i];
    if (i + 1 < functions.size() && functions[i + 1].address != symbol.address) {
      next_start = functions[i + 1].address;
    }
    if (symbol.size != 0 || sized.Find(symbol.address)) continue;
    const MappedSection* section = layout.SectionAt(symbol.address);
    if (section == nullptr || !section->executable) continue;
    intervals.push_back({symbol.address, std::min(next_start, section->address + section->size),
                         static_cast<std::uint32_t>(i)});
  }
  std::reverse(intervals.begin(), intervals.end());
  return intervals;
}

}  // namespace

std::vector<ElfSymbol> ReadElfSymbols(Elf* elf, GElf_Word table_type) {
  std::vector<ElfSymbol> symbols;
  GElf_Shdr header;
  Elf_Scn* table = FindTable(elf, table_type, header);
  // In a file of debug information the sections of the program are there in name only.
  if (table == nullptr) return symbols;
  Elf_Data* data = elf_getdata(table, nullptr);
  const int count = EntryCount(elf, data, ELF_T_SYM);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) break;
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    symbols.push_back({symbol.st_value, symbol.st_size, name,
                       static_cast<unsigned char>(GELF_ST_TYPE(symbol.st_info)),
                       static_cast<unsigned char>(GELF_ST_BIND(symbol.st_info))});
  }
  return symbols;
}

bool IsBetterName(const ElfSymbol& a, const ElfSymbol& b) {
  const std::string_view name_a = a.name;
  const std::string_view name_b = b.name;
  return std::tuple(BindingRank(a), a.type == STT_NOTYPE, LeadingUnderscores(name_a), name_a.size(),
                    name_a) < std::tuple(BindingRank(b), b.type == STT_NOTYPE,
                                         LeadingUnderscores(name_b), name_b.size(), name_b);
}

FunctionSymbols::FunctionSymbols(std::span<const ElfSymbol> symbols, const ElfLayout& layout) {
  for (const ElfSymbol& symbol : symbols) {
    if (IsFunction(symbol, layout)) functions_.push_back(symbol);
  }
  // Of several at one address the best comes last: there the index puts it on top.
  std::sort(functions_.begin(), functions_.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
    return a.address != b.address ? a.address < b.address : IsBetterName(b, a);
  });
  std::vector<Interval> intervals;
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    if (functions_[i].size != 0) intervals.push_back(SizedInterval(functions_[i], i));
  }
  const std::vector<Interval> unsized =
      UnsizedIntervals(functions_, layout, IntervalIndex(intervals));
  intervals.insert(intervals.end(), unsized.begin(), unsized.end());
  index_ = IntervalIndex(std::move(intervals));
}

std::optional<FunctionSymbols::Function> FunctionSymbols::Find(std::uint64_t address) const {
  const auto found = index_.Find(address);
  if (!found) return std::nullopt;
  const ElfSymbol& symbol = functions_[*found];
  return Function{Demangle(std::string(WithoutVersion(symbol.name))), symbol.address,
                  symbol.size != 0};
}

}  // namespace heimdallr::process
