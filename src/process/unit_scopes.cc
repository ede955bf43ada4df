#include "process/unit_scopes.h"

#include <dwarf.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "process/die_ranges.h"
#include "process/die_walk.h"

namespace heimdallr::process {

namespace {

bool IsType(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
         tag == DW_TAG_enumeration_type;
}

// In C and C++ the body of a method is not in its class, but for classes within functions.
bool HasCodeInTypes(Dwarf_Die& unit) {
  switch (dwarf_srclang(&unit)) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
      return false;
    default:
      return true;
  }
}

// What is around a DIE.
struct Around {
  std::uint32_t scope = Scope::kNoParent;
  bool in_function = false;
};

}  // namespace

UnitScopes::UnitScopes(Dwarf_Die unit, const ElfLayout& layout) {
  constexpr std::size_t kMaxIntervals = std::size_t{1} << 24;
  std::vector<Interval> intervals;
  const bool types_hold_code = HasCodeInTypes(unit);
  // The scope that holds what is below a DIE: a new one if it has code of its own.
  const auto enter = [&](Dwarf_Die& die, int tag, Around around) -> std::optional<Around> {
    if (IsType(tag) && !types_hold_code && !around.in_function) return std::nullopt;
    const bool is_inlined = tag == DW_TAG_inlined_subroutine;
    if (!is_inlined && tag != DW_TAG_subprogram) return around;
    around.in_function = true;
    if (IsDeclaration(die, tag)) return around;
    const auto id = static_cast<std::uint32_t>(scopes_.size());
    const std::size_t before = intervals.size();
    ReadRanges(die, layout, [&](std::uint64_t begin, std::uint64_t end) {
      if (intervals.size() < kMaxIntervals) intervals.push_back({begin, end, id});
    });
    if (intervals.size() == before) return around;
    scopes_.push_back({die, around.scope, is_inlined});
    return Around{id, true};
  };
  WalkCode(unit, Around{}, enter);
  index_ = IntervalIndex(std::move(intervals));
}

const Scope* UnitScopes::Innermost(std::uint64_t address) const {
  const auto found = index_.Find(address);
  return found ? &scopes_[*found] : nullptr;
}

const Scope* UnitScopes::Parent(const Scope& scope) const {
  return scope.parent == Scope::kNoParent ? nullptr : &scopes_[scope.parent];
}

}  // namespace heimdallr::process
