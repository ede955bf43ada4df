// Names of code, and the addresses they were seen at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "analysis/code_names.h"
#include "analysis/code_place.h"
#include "analysis/module_map.h"
#include "heimdallr/symbols.h"
#include "store/table_writer.h"

namespace heimdallr::store {

/// Fills modules, places, frames, code and data_symbols of one repetition. Not thread-safe.
class PlaceRows {
 public:
  /// `symbols` and `modules` must outlive this object; `modules` is fed with the records meanwhile.
  [[nodiscard]] static absl::StatusOr<PlaceRows> Create(Connection& connection,
                                                        std::int64_t repetition,
                                                        const Symbols& symbols,
                                                        const analysis::ModuleMap& modules);

  /// Adds all that is named. Call once, first.
  void AddSymbols();

  // The ids of rows, which are added if they are not there.
  std::int64_t ModuleId(std::string_view path, std::string_view build_id);
  std::int64_t PlaceId(const analysis::CodePlace& place);
  std::int64_t CodeId(const analysis::CodePlace& place, std::uint64_t address);
  /// Of the call that returns to `address` in process `pid` now.
  std::int64_t CallerId(std::int32_t pid, std::uint64_t address) {
    return CodeId(analysis::CallPlaceOf(modules_, pid, address), address);
  }

 private:
  struct Tables {
    TableWriter modules;
    TableWriter places;
    TableWriter frames;
    TableWriter code;
    TableWriter data_symbols;
  };
  struct FirstIds {
    std::int64_t module = 1;
    std::int64_t place = 1;
    std::int64_t code = 1;
  };
  struct PlaceKey {
    std::int64_t module = 0;  // row; 0 = none
    std::int32_t pid = 0;
    std::uint64_t offset = 0;

    friend bool operator==(const PlaceKey&, const PlaceKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const PlaceKey& key) {
      return H::combine(std::move(h), key.module, key.pid, key.offset);
    }
  };

  PlaceRows(std::int64_t repetition, const Symbols& symbols, const analysis::ModuleMap& modules,
            Tables tables, FirstIds next);

  std::int64_t AddModule(std::string_view path, std::string_view build_id,
                         std::optional<std::uint64_t> first_mapped_offset);
  void AddNamed(std::int64_t module, std::int32_t pid, const std::vector<CodeSymbol>& code);
  std::int64_t ModuleRowOf(std::uint32_t module);

  std::int64_t repetition_;
  const Symbols& symbols_;
  const analysis::ModuleMap& modules_;
  analysis::CodeNames names_;
  Tables tables_;
  FirstIds next_;
  std::map<std::pair<std::string, std::string>, std::int64_t> module_ids_;
  std::vector<std::int64_t> rows_of_modules_;  // by number in ModuleMap; 0 = not looked for yet
  absl::flat_hash_map<PlaceKey, std::int64_t> place_ids_;
  absl::flat_hash_map<std::pair<std::int64_t, std::uint64_t>, std::int64_t> code_ids_;
};

}  // namespace heimdallr::store
