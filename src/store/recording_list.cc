#include "store/recording_list.h"

#include <fmt/format.h>

#include "store/recording_source.h"
#include "store/repetition_rows.h"
#include "store/schema.h"

namespace heimdallr::store {
namespace {

absl::StatusOr<std::unique_ptr<Connection>> OpenForReading(const std::string& path) {
  auto connection = Connection::Open(path, OpenMode::kRead);
  if (!connection.ok()) return connection.status();
  if (absl::Status status = CheckSchema(**connection); !status.ok()) return status;
  return connection;
}

std::string RunNames(const std::vector<StoredRepetition>& all) {
  constexpr std::size_t kMostNamed = 10;
  std::set<std::string> names;
  for (const StoredRepetition& stored : all) names.insert(stored.repetition.name.run);
  std::string text;
  std::size_t named = 0;
  for (const std::string& name : names) {
    if (named++ == kMostNamed) return text + fmt::format(" and {} more", names.size() - kMostNamed);
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  }
  return text;
}

bool IsOneRun(const std::vector<StoredRepetition>& all) {
  for (const StoredRepetition& stored : all) {
    if (stored.repetition.name.run != all.front().repetition.name.run) return false;
  }
  return true;
}

absl::StatusOr<StoredRepetition> Select(Connection& connection, const Selection& selection) {
  auto all = ReadRepetitions(connection);
  if (!all.ok()) return all.status();
  if (all->empty()) {
    return absl::NotFoundError(fmt::format("database '{}' holds no recording", connection.path()));
  }
  if (!selection.run && !IsOneRun(*all)) {
    return absl::NotFoundError(
        fmt::format("database '{}' holds several runs: say which by --run, of {}",
                    connection.path(), RunNames(*all)));
  }
  const std::string run = selection.run.value_or(all->front().repetition.name.run);
  const StoredRepetition* without_records = nullptr;
  StoredRepetition* incomplete = nullptr;
  bool run_is_there = false;
  for (StoredRepetition& stored : *all) {
    const RecordingName& name = stored.repetition.name;
    if (name.run != run) continue;
    run_is_there = true;
    if (selection.repetition && name.number != *selection.repetition) continue;
    if (stored.repetition.content != Content::kWhole) {
      without_records = &stored;
    } else if (stored.repetition.complete()) {
      return std::move(stored);
    } else if (incomplete == nullptr) {
      incomplete = &stored;
    }
  }
  if (incomplete != nullptr) return std::move(*incomplete);
  if (!run_is_there) {
    return absl::NotFoundError(fmt::format("database '{}' holds no run '{}', but {}",
                                           connection.path(), run, RunNames(*all)));
  }
  if (without_records == nullptr) {
    return absl::NotFoundError(fmt::format("database '{}' holds no repetition {} of run '{}'",
                                           connection.path(), *selection.repetition, run));
  }
  return absl::FailedPreconditionError(fmt::format(
      "database '{}' holds the statistics of run '{}', repetition {}, but not its records: "
      "convert '{}' with --all",
      connection.path(), run, without_records->repetition.name.number,
      without_records->repetition.name.path));
}

}  // namespace

bool IsDatabase(std::string_view first_bytes) {
  using namespace std::string_view_literals;
  return first_bytes.starts_with("SQLite format 3\0"sv);
}

absl::StatusOr<std::vector<Repetition>> ListRecordings(const std::string& path) {
  const auto connection = OpenForReading(path);
  if (!connection.ok()) return connection.status();
  auto all = ReadRepetitions(**connection);
  if (!all.ok()) return all.status();
  std::vector<Repetition> repetitions;
  repetitions.reserve(all->size());
  for (StoredRepetition& stored : *all) repetitions.push_back(std::move(stored.repetition));
  return repetitions;
}

absl::StatusOr<std::set<std::string>> RunsWithRecords(Connection& connection) {
  const auto all = ReadRepetitions(connection);
  if (!all.ok()) return all.status();
  std::set<std::string> runs;
  for (const StoredRepetition& stored : *all) {
    const Repetition& repetition = stored.repetition;
    if (repetition.content == Content::kWhole && repetition.complete()) {
      runs.insert(repetition.name.run);
    }
  }
  return runs;
}

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRun(const std::string& path,
                                                                const Selection& selection) {
  auto connection = OpenForReading(path);
  if (!connection.ok()) return connection.status();
  auto stored = Select(**connection, selection);
  if (!stored.ok()) return stored.status();
  return OpenRecordingSource(*std::move(connection), *std::move(stored));
}

}  // namespace heimdallr::store
