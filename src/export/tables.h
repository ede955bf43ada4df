// The tables an export can hold, and their rows from a recording.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "export/cell_texts.h"
#include "export/export_result.h"
#include "export/selection.h"
#include "export/table.h"

namespace heimdallr::exports {

/// README.md says what their columns mean.
enum class Table : std::uint8_t {
  kAccesses = 0,     ///< each access, with its object and code
  kFaults = 1,       ///< each page fault, likewise
  kAllocations = 2,  ///< each event of the interposer
  kObjects = 3,      ///< each object that was accessed, allocated or mapped
  kCode = 4,         ///< each instruction that accessed memory
  kLosses = 5,       ///< what is missing
  kPlacements = 6,   ///< where pages lay when the recorder looked
};
inline constexpr std::size_t kTables = static_cast<std::size_t>(Table::kPlacements) + 1;

/// "accesses", "faults"; nothing if there is no such table.
[[nodiscard]] std::string_view Name(Table table);
[[nodiscard]] std::optional<Table> ParseTable(std::string_view name);
/// "accesses, faults, ..."
[[nodiscard]] std::string TableNames();

[[nodiscard]] std::span<const Column> ColumnsOf(Table table);

/// Makes the writer of the rows, whose texts are `texts`.
using MakeRows = std::function<absl::StatusOr<std::unique_ptr<RowWriter>>(const CellTexts& texts)>;

/// Writes the selected rows of `source`. Of objects those are selected that lie in the range of
/// addresses and lived in that of time; what they add up to is of the whole recording. Memory is
/// that of analysis::AccessProfile, the names, and the writer. Errors as those of the writer.
[[nodiscard]] absl::StatusOr<Exported> WriteTable(analysis::RecordSource& source, Table table,
                                                  const Selection& selection,
                                                  const MakeRows& make_rows);

}  // namespace heimdallr::exports
