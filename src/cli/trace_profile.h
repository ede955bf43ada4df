// One trace, read to its end, its accesses joined with objects and code.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "heimdallr/trace_header.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr::cli {

struct TraceProfile {
  std::string path;
  std::unique_ptr<TraceReader> reader;  ///< holds the symbols
  std::optional<analysis::AccessProfile> profile;
  std::optional<std::string> defect;  ///< `DefectOf` the file; what precedes it is in the profile

  [[nodiscard]] analysis::CodeNames names() const {
    return {reader->symbols(), profile->modules()};
  }
};

/// Errors as TraceReader::Open: nothing could be read.
[[nodiscard]] absl::StatusOr<std::unique_ptr<TraceProfile>> ProfileTrace(const std::string& path);

/// Whether accesses or page faults were sampled.
[[nodiscard]] bool HasAccesses(const TraceHeader& header);

/// Makes a profile to be fed from `reader`, which must outlive it.
void MakeProfile(const TraceReader& reader, std::optional<analysis::AccessProfile>& profile);

}  // namespace heimdallr::cli
