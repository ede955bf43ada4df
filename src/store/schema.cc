#include "store/schema.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "analysis/names.h"
#include "analysis/object_statistics.h"
#include "store/table_writer.h"

namespace heimdallr::store {
namespace {

absl::StatusOr<std::int64_t> IntegerOf(Connection& connection, const char* sql) {
  auto statement = Statement::Prepare(connection, sql);
  if (!statement.ok()) return statement.status();
  const auto row = statement->Step();
  if (!row.ok()) return row.status();
  return *row ? statement->Integer(0) : 0;
}

// Without comments and spaces, which may change from version to version. Our tables have no quotes,
// so that text with a "--" in quotes, which is no comment, cannot become equal to them.
std::string Essence(std::string_view sql) {
  std::string essence;
  for (std::size_t at = 0; at < sql.size(); ++at) {
    if (sql.substr(at).starts_with("--")) at = std::min(sql.find('\n', at), sql.size() - 1);
    const bool space = sql[at] == ' ' || sql[at] == '\n';
    // Words stay apart, by one space.
    if (!space) {
      essence += sql[at];
    } else if (!essence.empty() && essence.back() != ' ') {
      essence += ' ';
    }
  }
  return essence;
}

// The SQL of each table by its name.
absl::StatusOr<std::map<std::string, std::string>> TablesOf(Connection& connection) {
  auto statement =
      Statement::Prepare(connection, "SELECT name, sql FROM sqlite_schema WHERE type = 'table'");
  if (!statement.ok()) return statement.status();
  std::map<std::string, std::string> tables;
  for (;;) {
    const auto row = statement->Step();
    if (!row.ok()) return row.status();
    if (!*row) return tables;
    tables.emplace(statement->Text(0), Essence(statement->Text(1)));
  }
}

template <typename Value>
void AddNames(TableWriter& names, std::string_view of, Value last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    using analysis::Name;
    names.Add(of, i, Name(static_cast<Value>(i)));
  }
}

absl::Status FillNames(Connection& connection) {
  auto names = TableWriter::Create(connection, "names", 3);
  if (!names.ok()) return names.status();
  AddNames(*names, "access_kind", AccessKind::kLoadStore);
  AddNames(*names, "allocation_call", AllocationCall::kSbrk);
  AddNames(*names, "process_event", ProcessEvent::kAttach);
  AddNames(*names, "thread_event", ThreadEvent::kLayout);
  AddNames(*names, "loss_kind", static_cast<LossKind>(kLossKinds - 1));
  AddNames(*names, "statistics_source", StatisticsSource::kLastSeen);
  AddNames(*names, "source", SourceKind::kFaults);
  AddNames(*names, "object_type", analysis::ObjectType::kAnonymous);
  AddNames(*names, "unmatched", analysis::Unmatched::kBetweenBlocks);
  names->Add("allocation_event", 0, "allocation");
  names->Add("allocation_event", 1, "deallocation");
  return connection.noted();
}

}  // namespace

absl::Status CreateTables(Connection& connection) {
  const std::string identify = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                                           kApplicationId, kSchemaVersion);
  if (absl::Status status = connection.Execute(identify.c_str()); !status.ok()) return status;
  if (absl::Status status = connection.Execute(kTablesSql); !status.ok()) return status;
  return FillNames(connection);
}

absl::Status CheckSchema(Connection& connection) {
  const auto id = IntegerOf(connection, "PRAGMA application_id");
  if (!id.ok()) return id.status();
  const auto version = IntegerOf(connection, "PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*id != kApplicationId) {
    return absl::FailedPreconditionError(
        fmt::format("'{}' is a database, but not one of recordings: give one that trace-dump "
                    "convert made",
                    connection.path()));
  }
  if (*version > kSchemaVersion || *version < 1) {
    return absl::UnimplementedError(
        fmt::format("database '{}' has version {} of the tables, this program knows {}: use a "
                    "newer trace-dump, or convert the traces again",
                    connection.path(), *version, kSchemaVersion));
  }
  auto fresh = Connection::Open(":memory:", OpenMode::kCreate);
  if (!fresh.ok()) return fresh.status();
  if (absl::Status status = CreateTables(**fresh); !status.ok()) return status;
  const auto ours = TablesOf(**fresh);
  if (!ours.ok()) return ours.status();
  const auto theirs = TablesOf(connection);
  if (!theirs.ok()) return theirs.status();
  for (const auto& [name, sql] : *ours) {
    const auto found = theirs->find(name);
    if (found == theirs->end() || found->second != sql) {
      return absl::DataLossError(
          fmt::format("database '{}': its table {} is missing or another than trace-dump makes: "
                      "convert the traces again",
                      connection.path(), name));
    }
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::store
