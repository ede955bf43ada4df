#include <array>
#include <string_view>

#include <fmt/format.h>

#include "store/repetition_rows.h"
#include "store/statement.h"

namespace heimdallr::store {
namespace {

// Their rows have no index but the ids, and of a repetition those follow each other.
constexpr std::array<std::string_view, 10> kRecordTables = {
    "accesses",      "faults", "allocations", "mappings", "process_events",
    "thread_events", "losses", "statistics",  "periods",  "placements"};

// Rows that refer to others go before them.
constexpr std::array<std::string_view, 22> kOtherRows = {
    "heat WHERE repetition = ?",
    "loss_totals WHERE repetition = ?",
    "unmatched WHERE repetition = ?",
    "objects WHERE repetition = ?",
    "group_frames WHERE object_group IN (SELECT id FROM object_groups WHERE repetition = ?)",
    "object_groups WHERE repetition = ?",
    "sites WHERE repetition = ?",
    "processes WHERE repetition = ?",
    "access_forms WHERE repetition = ?",
    "threads WHERE repetition = ?",
    "stacks WHERE repetition = ?",
    "instructions WHERE place IN (SELECT id FROM places WHERE repetition = ?)",
    "code WHERE place IN (SELECT id FROM places WHERE repetition = ?)",
    "frames WHERE place IN (SELECT id FROM places WHERE repetition = ?)",
    "places WHERE repetition = ?",
    "data_symbols WHERE module IN (SELECT id FROM modules WHERE repetition = ?)",
    "modules WHERE repetition = ?",
    "nodes WHERE repetition = ?",
    "memories WHERE repetition = ?",
    "streams WHERE repetition = ?",
    "environment WHERE repetition = ?",
    "command_line WHERE repetition = ?"};

template <typename... Values>
absl::Status Delete(Connection& connection, std::string_view rows, const Values&... values) {
  auto remove = Statement::Prepare(connection, fmt::format("DELETE FROM {}", rows));
  if (!remove.ok()) return remove.status();
  return remove->Run(values...);
}

}  // namespace

absl::Status RemoveRepetition(Connection& connection, const StoredRepetition& stored) {
  const Repetition& repetition = stored.repetition;
  if (repetition.content == Content::kWhole) {
    const auto first = static_cast<std::uint64_t>(stored.row.first_record);
    const std::uint64_t end = first + repetition.figures.all_records();
    for (const std::string_view table : kRecordTables) {
      absl::Status status =
          Delete(connection, fmt::format("{} WHERE id >= ? AND id < ?", table), first, end);
      if (!status.ok()) return status;
    }
  }
  for (const std::string_view rows : kOtherRows) {
    if (absl::Status status = Delete(connection, rows, stored.row.id); !status.ok()) return status;
  }
  return Delete(connection, "repetitions WHERE id = ?", stored.row.id);
}

}  // namespace heimdallr::store
