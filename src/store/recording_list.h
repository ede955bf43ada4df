// What a database holds, and reading it back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "store/connection.h"
#include "store/repetition.h"

namespace heimdallr::store {

/// Whether a file that begins with these bytes, 16 or more, is a SQLite database.
[[nodiscard]] bool IsDatabase(std::string_view first_bytes);

/// All recordings of a database file, by run and number. It takes some milliseconds whatever the
/// size of the file. Errors as Connection::Open and CheckSchema.
[[nodiscard]] absl::StatusOr<std::vector<Repetition>> ListRecordings(const std::string& path);

/// Names of the runs of which a repetition is there with all its records: one that is cut short
/// does not stand for its run.
[[nodiscard]] absl::StatusOr<std::set<std::string>> RunsWithRecords(Connection& connection);

/// Which recording of a database is meant.
struct Selection {
  std::optional<std::string> run;  ///< may be left out when there is one run
  /// From 1; when left out, the first that has its records, and if there is one, all of them.
  std::optional<std::uint64_t> repetition;
};

/// Begins a recording of a database file: the same header, records, order, stacks, names and extent
/// as its trace had. NotFound, naming what there is, when there is no such recording or several;
/// FailedPrecondition when its records are not there; errors as ListRecordings. What cannot have
/// been written by this program is DataLoss, here or from Next.
[[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRun(
    const std::string& path, const Selection& selection);

}  // namespace heimdallr::store
