// Opening what the commands read, whatever kind of file it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"

namespace CLI {
class App;
}

namespace heimdallr::cli {

/// Which recording of a database is meant: of a trace there is one.
struct RecordingChoice {
  std::optional<std::string> run;           ///< may be left out when a database has one run
  std::optional<std::uint64_t> repetition;  ///< from 1; left out: the first with its records
};

/// Begins a recording in `path`: a regular trace file, or a database. Errors as TraceReader::Open
/// and store::OpenRun, and InvalidArgument for what cannot be read from its end, such as a pipe,
/// and for a trace that is asked for another run than it is.
[[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRecording(
    const std::string& path, const RecordingChoice& choice = {});

/// The same, but a trace may come from a pipe: then its names are known after the records only.
[[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenStream(
    const std::string& path, const RecordingChoice& choice = {});

/// As OpenRecording of a trace alone.
[[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenTrace(
    const std::string& path);

/// Whether `path` is a file that begins as a SQLite database does.
[[nodiscard]] bool IsDatabaseFile(const std::string& path);

/// --run and --repetition.
void AddChoiceOptions(CLI::App& app, RecordingChoice& choice);

/// How messages call a recording: its path, with the run that was chosen.
[[nodiscard]] std::string RecordingTitle(const std::string& path, const RecordingChoice& choice);

}  // namespace heimdallr::cli
