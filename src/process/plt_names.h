// Names for the stubs through which a program calls into its libraries; they have no symbols.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "process/elf_layout.h"

namespace heimdallr::process {

/// The procedure linkage table of a file: the sections ".plt", ".plt.sec", ".plt.got".
class PltNames {
 public:
  PltNames() = default;
  PltNames(Elf* elf, const ElfLayout& layout);

  /// "malloc@plt" for the stub at `address`; the section's name where the stub's function is not
  /// known (the table's head, processors other than x86-64); nothing outside of the table.
  [[nodiscard]] std::optional<std::string> Find(std::uint64_t address) const;

 private:
  struct Section {
    std::string name;
    std::uint64_t address;
    std::uint64_t size;
    std::uint64_t entry_size;
    std::vector<std::string> functions;  // of each entry; empty = not known
  };
  std::vector<Section> sections_;
};

}  // namespace heimdallr::process
