// The functions of one compilation unit and what the compiler inlined into them, by address.
#pragma once

#include <cstdint>
#include <vector>

#include <elfutils/libdw.h>

#include "process/elf_layout.h"
#include "process/interval_index.h"

namespace heimdallr::process {

/// A function, or the body of one that was inlined, with code in the unit.
struct Scope {
  static constexpr std::uint32_t kNoParent = ~std::uint32_t{0};

  Dwarf_Die die{};
  std::uint32_t parent = kNoParent;  ///< the scope around it
  bool is_inlined = false;
};

/// Reads the tree of a unit once: libdw's own search (dwarf_getscopes) walks it anew for each
/// address, which takes milliseconds in a large unit.
class UnitScopes {
 public:
  /// `unit` is the unit's DIE. Ranges outside of the code (functions that the linker threw away)
  /// are left out. Of damaged debug information what can be read is taken.
  UnitScopes(Dwarf_Die unit, const ElfLayout& layout);

  /// The innermost scope at `address`, or nullptr.
  [[nodiscard]] const Scope* Innermost(std::uint64_t address) const;
  [[nodiscard]] const Scope* Parent(const Scope& scope) const;

 private:
  std::vector<Scope> scopes_;  // outer before inner
  IntervalIndex index_;        // into scopes_
};

}  // namespace heimdallr::process
