#include "process/die_walk.h"

#include <dwarf.h>

namespace heimdallr::process {

// Rust has functions within types; functions have classes within, and those functions again.
bool MayHoldCode(int tag) {
  switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
      return true;
    default:
      return false;
  }
}

bool IsDeclaration(Dwarf_Die& die, int tag) {
  return tag == DW_TAG_subprogram && dwarf_hasattr(&die, DW_AT_declaration) != 0;
}

std::size_t UnitBytes(Dwarf_Die& unit) {
  Dwarf_Off next = 0;
  std::size_t header = 0;
  const Dwarf_Off start = dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit);
  if (dwarf_next_unit(dwarf_cu_getdwarf(unit.cu), start, &next, &header, nullptr, nullptr, nullptr,
                      nullptr, nullptr, nullptr) != 0 ||
      next <= start) {
    return 0;
  }
  return next - start;
}

}  // namespace heimdallr::process
