// Functions, inlining and source lines by address, from DWARF.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <elfutils/libdw.h>

#include "heimdallr/symbols.h"
#include "process/elf_layout.h"
#include "process/interval_index.h"
#include "process/qualified_names.h"
#include "process/unit_scopes.h"

namespace heimdallr::process {

/// Reads a unit when the first address in it is asked for. One thread at a time.
class DebugInfo {
 public:
  /// Both must outlive this.
  DebugInfo(Dwarf* dwarf, const ElfLayout& layout);

  /// The function inlined deepest first, the one that holds the code last. Names are empty where
  /// the debug information has none; no frame at all when it does not know the address.
  [[nodiscard]] std::vector<CodeFrame> Frames(std::uint64_t address);

 private:
  struct Unit {
    Dwarf_Die die{};
    std::unique_ptr<UnitScopes> scopes;  // null until it is needed
  };
  struct Place {
    std::string file;
    std::uint32_t line = 0;
  };

  const UnitScopes& ScopesOf(Unit& unit);
  Place PlaceOf(Unit& unit, std::uint64_t address);
  Place CallOf(const Scope& scope);
  const std::string& NameOf(const Scope& scope);

  const ElfLayout* layout_;
  std::vector<Unit> units_;
  IntervalIndex index_;  // into units_
  QualifiedNames qualified_;
  std::unordered_map<const void*, std::string> names_;  // by what has the name in the file
};

}  // namespace heimdallr::process
