// Symbol tables of ELF files.
#pragma once

#include <gelf.h>
#include <libelf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "process/elf_layout.h"
#include "process/interval_index.h"

namespace heimdallr::process {

/// A defined symbol. The name is borrowed from the Elf that it was read from.
struct ElfSymbol {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  const char* name = nullptr;  ///< not empty
  unsigned char type = STT_NOTYPE;
  unsigned char binding = STB_LOCAL;
};

/// The symbols of the first table of this type (SHT_SYMTAB, SHT_DYNSYM) with an address and a name.
[[nodiscard]] std::vector<ElfSymbol> ReadElfSymbols(Elf* elf, GElf_Word table_type);

/// Whether `a` is the better name of two for one thing: the exported one, then the one with fewer
/// leading underscores, then the shorter. A strict order of symbols with different names.
[[nodiscard]] bool IsBetterName(const ElfSymbol& a, const ElfSymbol& b);

/// Functions by their symbols.
class FunctionSymbols {
 public:
  FunctionSymbols() = default;
  FunctionSymbols(std::span<const ElfSymbol> symbols, const ElfLayout& layout);

  struct Function {
    std::string name;          ///< demangled, without version
    std::uint64_t start = 0;   ///< its first byte
    bool end_is_known = true;  ///< false: the symbol has no size, and reaches to the next one
  };
  /// The function whose code holds `address`.
  [[nodiscard]] std::optional<Function> Find(std::uint64_t address) const;

 private:
  std::vector<ElfSymbol> functions_;
  IntervalIndex index_;  // into functions_
};

}  // namespace heimdallr::process
