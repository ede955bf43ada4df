#include "export/tables.h"

#include <algorithm>
#include <iterator>

#include "export/record_tables.h"

namespace heimdallr::exports {
namespace {

constexpr std::string_view kNames[kTables] = {"accesses", "faults", "allocations", "objects",
                                              "code",     "losses", "placements"};

using enum ColumnType;
using enum Presence;

constexpr Column kAccessColumns[] = {
    {"time_ns", kUint64},
    {"pid", kInt32},
    {"tid", kInt32},
    {"cpu", kUint32},
    {"stream", kText, kSometimes},
    {"kind", kText, kSometimes},
    {"address", kAddress},
    {"size", kUint32, kSometimes},
    {"ip", kAddress},
    {"direct", kFlag},
    {"tick", kUint64, kSometimes},
    {"period", kUint64, kSometimes},
    {"weight", kReal},
    {"estimate", kReal},
    {"cpu_time_ns", kReal},
    {"latency_cycles", kUint32, kSometimes},
    {"data_source", kUint64, kSometimes},
    {"memory", kText, kSometimes},
    {"object", kUint64, kSometimes},
    {"object_type", kText, kSometimes},
    {"object_name", kText, kSometimes},
    {"unmatched", kText, kSometimes},
    {"function", kText},
    {"file", kText, kSometimes},
    {"line", kUint32, kSometimes},
    {"symbol", kText},
    {"module", kText, kSometimes},
    {"module_offset", kAddress},
};

constexpr Column kFaultColumns[] = {
    {"time_ns", kUint64},
    {"pid", kInt32},
    {"tid", kInt32},
    {"cpu", kUint32},
    {"stream", kText, kSometimes},
    {"address", kAddress},
    {"ip", kAddress},
    {"object", kUint64, kSometimes},
    {"object_type", kText, kSometimes},
    {"object_name", kText, kSometimes},
    {"unmatched", kText, kSometimes},
    {"function", kText},
    {"file", kText, kSometimes},
    {"line", kUint32, kSometimes},
    {"symbol", kText},
    {"module", kText, kSometimes},
    {"module_offset", kAddress},
};

constexpr Column kAllocationColumns[] = {
    {"time_ns", kUint64},
    {"pid", kInt32},
    {"tid", kInt32},
    {"event", kText},
    {"call", kText},
    {"address", kAddress, kSometimes},
    {"size", kUint64, kSometimes},
    {"old_address", kAddress, kSometimes},
    {"memory", kText, kSometimes},
    {"caller", kAddress, kSometimes},
    {"function", kText, kSometimes},
    {"file", kText, kSometimes},
    {"line", kUint32, kSometimes},
    {"module", kText, kSometimes},
    {"stack", kStack, kSometimes},
};

constexpr Column kObjectColumns[] = {
    {"object", kUint64, kSometimes},
    {"type", kText},
    {"name", kText},
    {"pid", kInt32},
    {"tid", kInt32, kSometimes},
    {"address", kAddress},
    {"size", kUint64},
    {"start_ns", kUint64},
    {"end_ns", kUint64, kSometimes},
    {"call", kText, kSometimes},
    {"function", kText, kSometimes},
    {"file", kText, kSometimes},
    {"line", kUint32, kSometimes},
    {"module", kText, kSometimes},
    {"loads", kUint64},
    {"stores", kUint64},
    {"load_stores", kUint64},
    {"unknown", kUint64},
    {"estimated_loads", kReal},
    {"estimated_stores", kReal},
    {"cpu_time_ns", kReal},
    {"faults", kUint64},
    {"latency_records", kUint64},
    {"latency_cycles", kUint64},
    {"first_ns", kUint64, kSometimes},
    {"last_ns", kUint64, kSometimes},
    {"threads", kUint64},
};

constexpr Column kCodeColumns[] = {
    {"function", kText},
    {"file", kText, kSometimes},
    {"line", kUint32, kSometimes},
    {"symbol", kText},
    {"module", kText, kSometimes},
    {"module_offset", kAddress},
    {"loads", kUint64},
    {"stores", kUint64},
    {"load_stores", kUint64},
    {"unknown", kUint64},
    {"estimated_loads", kReal},
    {"estimated_stores", kReal},
    {"cpu_time_ns", kReal},
    {"faults", kUint64},
    {"latency_records", kUint64},
    {"latency_cycles", kUint64},
    {"first_ns", kUint64, kSometimes},
    {"last_ns", kUint64, kSometimes},
    {"threads", kUint64},
};

constexpr Column kLossColumns[] = {
    {"time_ns", kUint64},
    {"pid", kInt32, kSometimes},
    {"tid", kInt32, kSometimes},
    {"stream", kText, kSometimes},
    {"kind", kText},
    {"count", kUint64},
    {"duration_ns", kUint64, kSometimes},
    {"meaning", kText},
};

constexpr Column kPlacementColumns[] = {
    {"time_ns", kUint64}, {"pid", kInt32},   {"address", kAddress},
    {"size", kUint64},    {"node", kUint32}, {"weight", kReal},
};

}  // namespace

std::string_view Name(Table table) { return kNames[static_cast<std::size_t>(table)]; }

std::optional<Table> ParseTable(std::string_view name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Table>(found - std::begin(kNames));
}

std::string TableNames() {
  std::string names;
  for (const std::string_view name : kNames)
    names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

std::span<const Column> ColumnsOf(Table table) {
  switch (table) {
    case Table::kAccesses:
      break;
    case Table::kFaults:
      return kFaultColumns;
    case Table::kAllocations:
      return kAllocationColumns;
    case Table::kObjects:
      return kObjectColumns;
    case Table::kCode:
      return kCodeColumns;
    case Table::kLosses:
      return kLossColumns;
    case Table::kPlacements:
      return kPlacementColumns;
  }
  return kAccessColumns;
}

absl::StatusOr<Exported> WriteTable(analysis::RecordSource& source, Table table,
                                    const Selection& selection, const MakeRows& make_rows) {
  switch (table) {
    case Table::kAllocations:
    case Table::kLosses:
    case Table::kPlacements:
      return WriteRecordTable(source, table, selection, make_rows);
    default:
      return WriteJoinedTable(source, table, selection, make_rows);
  }
}

}  // namespace heimdallr::exports
