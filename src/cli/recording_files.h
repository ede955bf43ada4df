// Which recordings a command line names, and what they are called.
#pragma once

#include <cstdint>
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

/// Tells a recording from every other by what stays as it is while its trace grows, or when a copy
/// of it is cut: when and where it was made, of which process, and the bytes of the header.
/// `header_bytes` is how many of the file's first bytes that is: the good bytes of the extent
/// before the first record. Errors by errno when the file cannot be read.
[[nodiscard]] absl::StatusOr<std::string> IdentityOf(const std::string& path,
                                                     const TraceHeader& header,
                                                     std::uint64_t header_bytes);

}  // namespace heimdallr::cli
