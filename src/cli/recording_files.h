// Which recordings a command line names, and what they are called.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "heimdallr/trace_header.h"
#include "store/repetition.h"

namespace heimdallr::cli {

/// The trace files that `paths` name, each once: a file is taken as it is, of a folder all files
/// *.htrace in it and below, in the order of their names (2.htrace before 10.htrace). NotFound when
/// there is no such path, or no trace in a folder.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> TraceFiles(
    const std::vector<std::string>& paths);

/// Run, workload, mode and number by the path: FOLDER/WORKLOAD.MODE/N.htrace is repetition N of the
/// run WORKLOAD.MODE; any other file is a run of its own name without .htrace, in mode "dry" if it
/// ends in ".dry" or `header` says so.
[[nodiscard]] store::RecordingName NameOfRecording(const std::string& path,
                                                   const TraceHeader& header);

/// Tells a trace from every other: when and where it was recorded, its size, and its first and last
/// bytes. Errors by errno when the file cannot be read.
[[nodiscard]] absl::StatusOr<std::string> IdentityOf(const std::string& path,
                                                     const TraceHeader& header);

}  // namespace heimdallr::cli
