#include "process/debug_info.h"

#include <dwarf.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "process/demangle.h"
#include "process/die_ranges.h"

namespace heimdallr::process {
namespace {

constexpr std::size_t kMaxIntervals = std::size_t{1} << 24;

const char* StringOf(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute value;
  return dwarf_formstring(dwarf_attr_integrate(&die, attribute, &value));
}

// The name that the linker sees: it tells namespaces, classes and arguments apart.
const char* MangledName(Dwarf_Die& die) {
  for (const unsigned attribute : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    const char* name = StringOf(die, attribute);
    if (name != nullptr && *name != '\0') return name;
  }
  return nullptr;
}

// Whether functions have no more to their name than the one word.
bool IsPlainLanguage(Dwarf_Die& die) {
  Dwarf_Die unit;
  if (dwarf_cu_die(die.cu, &unit, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) ==
      nullptr) {
    return true;
  }
  switch (dwarf_srclang(&unit)) {
    case DW_LANG_C:
    case DW_LANG_C89:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_Mips_Assembler:
      return true;
    default:
      return false;
  }
}

Dwarf_Word NumberOf(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute value;
  Dwarf_Word number = 0;
  if (dwarf_formudata(dwarf_attr(&die, attribute, &value), &number) != 0) return 0;
  return number;
}

std::uint32_t LineNumber(Dwarf_Word number) {
  return number <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(number)
                                                             : 0;
}

}  // namespace

DebugInfo::DebugInfo(Dwarf* dwarf, const ElfLayout& layout) : layout_(&layout) {
  std::vector<Interval> intervals;
  Dwarf_CU* unit = nullptr;
  std::uint8_t type = 0;
  Dwarf_Die die;
  // .debug_aranges would do for gcc; clang leaves it out.
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, &type, &die, nullptr) == 0) {
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    const auto id = static_cast<std::uint32_t>(units_.size());
    const std::size_t before = intervals.size();
    ReadRanges(die, layout, [&](std::uint64_t begin, std::uint64_t end) {
      if (intervals.size() < kMaxIntervals) intervals.push_back({begin, end, id});
    });
    if (intervals.size() != before) units_.push_back({die, nullptr});
  }
  index_ = IntervalIndex(std::move(intervals));
}

std::vector<CodeFrame> DebugInfo::Frames(std::uint64_t address) {
  const auto found = index_.Find(address);
  if (!found) return {};
  Unit& unit = units_[*found];
  const UnitScopes& scopes = ScopesOf(unit);
  Place place = PlaceOf(unit, address);
  std::vector<CodeFrame> frames;
  const Scope* scope = scopes.Innermost(address);
  for (; scope != nullptr; scope = scopes.Parent(*scope)) {
    frames.push_back({NameOf(*scope), std::move(place.file), place.line});
    if (!scope->is_inlined) return frames;
    place = CallOf(*scope);
  }
  // Code without a function, as in assembly, has its line all the same.
  frames.push_back({{}, std::move(place.file), place.line});
  return frames;
}

const UnitScopes& DebugInfo::ScopesOf(Unit& unit) {
  if (unit.scopes == nullptr) {
    // With -gsplit-dwarf the unit here is a skeleton, and its body in a file beside the object.
    std::uint8_t type = 0;
    Dwarf_Die body;
    const bool is_split = dwarf_cu_info(unit.die.cu, nullptr, &type, nullptr, &body, nullptr,
                                        nullptr, nullptr) == 0 &&
                          type == DW_UT_skeleton && dwarf_tag(&body) == DW_TAG_compile_unit;
    unit.scopes = std::make_unique<UnitScopes>(is_split ? body : unit.die, *layout_);
  }
  return *unit.scopes;
}

DebugInfo::Place DebugInfo::PlaceOf(Unit& unit, std::uint64_t address) {
  Dwarf_Line* line = dwarf_getsrc_die(&unit.die, address);
  const char* file = line == nullptr ? nullptr : dwarf_linesrc(line, nullptr, nullptr);
  int number = 0;
  if (file == nullptr || dwarf_lineno(line, &number) != 0) return {};
  return {file, static_cast<std::uint32_t>(std::max(number, 0))};
}

// Where the function of an inlined scope was called.
DebugInfo::Place DebugInfo::CallOf(const Scope& scope) {
  Dwarf_Die die = scope.die;
  Dwarf_Die unit;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_cu_die(die.cu, &unit, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) ==
          nullptr ||
      dwarf_getsrcfiles(&unit, &files, &count) != 0) {
    return {};
  }
  const Dwarf_Word index = NumberOf(die, DW_AT_call_file);
  const char* file = index < count ? dwarf_filesrc(files, index, nullptr, nullptr) : nullptr;
  if (file == nullptr) return {};
  return {file, LineNumber(NumberOf(die, DW_AT_call_line))};
}

const std::string& DebugInfo::NameOf(const Scope& scope) {
  Dwarf_Die die = scope.die;
  const char* mangled = MangledName(die);
  const char* plain = StringOf(die, DW_AT_name);
  const bool is_qualified = mangled == nullptr && plain != nullptr && !IsPlainLanguage(die);
  const void* key = mangled != nullptr ? mangled : is_qualified ? die.addr : plain;
  const auto [at, is_new] = names_.try_emplace(key);
  if (is_new && mangled != nullptr) {
    at->second = Demangle(mangled);
  } else if (is_new && plain != nullptr) {
    at->second = is_qualified ? qualified_.Of(die) : plain;
  }
  return at->second;
}

}  // namespace heimdallr::process
