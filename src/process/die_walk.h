// A walk over those parts of a unit's debug information that can have code.
#pragma once

#include <cstddef>
#include <optional>

#include <elfutils/libdw.h>

namespace heimdallr::process {

/// Whether code, or a function's declaration, may be below a DIE of this DW_TAG_*.
[[nodiscard]] bool MayHoldCode(int tag);

/// Bytes of the unit in .debug_info; 0 when its header is damaged. No honest unit has more DIEs.
[[nodiscard]] std::size_t UnitBytes(Dwarf_Die& unit);

/// Whether `die` only says that there is such a function: below it are its parameters.
[[nodiscard]] bool IsDeclaration(Dwarf_Die& die, int tag);

/// See WalkCode.
template <typename State, typename Enter>
class CodeWalk {
 public:
  CodeWalk(std::size_t max_dies, Enter enter) : dies_left_(max_dies), enter_(enter) {}

  void Below(Dwarf_Die& parent, State state, int depth) {
    constexpr int kMaxDepth = 1000;  // deeper nesting is not of a compiler's making
    Dwarf_Die die;
    if (depth > kMaxDepth || dwarf_child(&parent, &die) != 0) return;
    while (dies_left_ > 0) {
      --dies_left_;
      const int tag = dwarf_tag(&die);
      if (MayHoldCode(tag)) {
        const std::optional<State> inner = enter_(die, tag, state);
        if (inner && !IsDeclaration(die, tag)) Below(die, *inner, depth + 1);
      }
      Dwarf_Die next;
      // A sibling that lies before this one would make an endless walk.
      if (dwarf_siblingof(&die, &next) != 0 || next.addr <= die.addr) return;
      die = next;
    }
  }

 private:
  std::size_t dies_left_;
  Enter enter_;
};

/// Calls `enter(die, tag, state)` for each DIE below `unit` that MayHoldCode, outer before inner
/// and in the order of the file; what it returns is the state of the DIEs below that one. Ends
/// early where the debug information is damaged.
template <typename State, typename Enter>
void WalkCode(Dwarf_Die& unit, State state, Enter enter) {
  CodeWalk<State, Enter>(UnitBytes(unit), enter).Below(unit, state, 0);
}

}  // namespace heimdallr::process
