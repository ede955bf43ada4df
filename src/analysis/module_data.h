// The variables and sections of a module, found by where they lie.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heimdallr/symbols.h"

namespace heimdallr::analysis {

/// Borrows the symbols.
class ModuleData {
 public:
  explicit ModuleData(const ModuleSymbols& symbols);

  [[nodiscard]] const ModuleSymbols& symbols() const { return *symbols_; }

  /// Bytes from the module's first mapped byte to the end of its last symbol of data.
  [[nodiscard]] std::uint64_t extent() const { return extent_; }

  /// Number, in symbols().data, of the object (or section) that holds the byte at `offset` from the
  /// module's first mapped byte.
  [[nodiscard]] std::optional<std::uint32_t> Find(DataSymbol::Kind kind,
                                                  std::uint64_t offset) const;

 private:
  const ModuleSymbols* symbols_;
  // Numbers of symbols, ascending by offset.
  std::vector<std::uint32_t> objects_;
  std::vector<std::uint32_t> sections_;
  std::uint64_t extent_ = 0;
};

}  // namespace heimdallr::analysis
