// The recordings that an export is made of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "cli/open_records.h"

namespace heimdallr::cli {

/// One recording, of a trace or of a database.
struct ExportInput {
  std::string path;
  RecordingChoice choice;
  std::string run;               ///< what it is called
  std::uint64_t repetition = 1;  ///< of this run
  std::string title;             ///< for messages

  [[nodiscard]] absl::StatusOr<std::unique_ptr<analysis::RecordSource>> Open() const {
    return OpenRecording(path, choice);
  }
};

/// Those that `paths` name: files, all traces of folders, all recordings of databases that have
/// their records, or those of `run` alone. NotFound when there is none; errors as OpenRecording.
[[nodiscard]] absl::StatusOr<std::vector<ExportInput>> ExportInputs(
    const std::vector<std::string>& paths, const std::optional<std::string>& run);

}  // namespace heimdallr::cli
