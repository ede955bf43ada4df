// Recordings as rows of runs and repetitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "store/connection.h"
#include "store/repetition.h"

namespace heimdallr::store {

/// What of a repetition is not in Repetition itself.
struct RepetitionRow {
  std::int64_t id = 0;
  std::int64_t first_record = 0;      ///< id of its first record; of Content::kWhole
  std::uint64_t heat_time_ns = 0;     ///< 0 = there is no heat
  std::uint64_t heat_page_bytes = 0;  ///< of a cell of it
};

/// Adds the rows of runs, repetitions, command_line, environment, streams and loss_totals.
absl::Status AddRepetition(Connection& connection, const Repetition& repetition,
                           const RepetitionRow& row);

struct StoredRepetition {
  RepetitionRow row;
  Repetition repetition;
};

/// Removes all rows of a repetition, those of its records included; its row of runs stays.
absl::Status RemoveRepetition(Connection& connection, const StoredRepetition& stored);

/// All of a database, by run and number; of one run if `run` is given. Asks small tables alone.
[[nodiscard]] absl::StatusOr<std::vector<StoredRepetition>> ReadRepetitions(
    Connection& connection, const std::optional<std::string>& run = std::nullopt);

/// The repetition with this identity, if it is there.
[[nodiscard]] absl::StatusOr<std::optional<StoredRepetition>> FindRepetition(
    Connection& connection, const std::string& identity);

}  // namespace heimdallr::store
