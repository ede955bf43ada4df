// One trace, read to its end, its accesses joined with objects and code.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "analysis/record_source.h"
#include "cli/open_records.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::cli {

struct TraceProfile {
  std::string path;                                ///< with the run, of a database
  std::unique_ptr<analysis::RecordSource> source;  ///< holds the symbols
  std::optional<analysis::AccessProfile> profile;
  std::optional<std::string> defect;  ///< `DefectOf` the file; what precedes it is in the profile

  [[nodiscard]] analysis::CodeNames names() const {
    return {source->symbols(), profile->modules()};
  }
};

/// Errors as OpenRecording: nothing could be read.
[[nodiscard]] absl::StatusOr<std::unique_ptr<TraceProfile>> ProfileTrace(
    const std::string& path, const RecordingChoice& choice = {});

/// Whether accesses or page faults were sampled.
[[nodiscard]] bool HasAccesses(const TraceHeader& header);

/// Makes a profile to be fed from `source`, which must outlive it.
void MakeProfile(const analysis::RecordSource& source,
                 std::optional<analysis::AccessProfile>& profile);

}  // namespace heimdallr::cli
