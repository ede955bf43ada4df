// Recordings in short, from databases and traces alike.
#pragma once

#include <string>
#include <vector>

#include "store/repetition.h"

namespace heimdallr::cli {

struct LoadedRecordings {
  /// By run and number; of a recording that is given twice, the one with more of it.
  std::vector<store::Repetition> repetitions;
  std::vector<std::string> errors;  ///< what could not be read, a line each
};

/// Of all databases, traces and folders with traces (TraceFiles) in `paths`. A database takes some
/// milliseconds; a trace is read to its end, 20 to 40 million records a second.
[[nodiscard]] LoadedRecordings LoadRecordings(const std::vector<std::string>& paths);

/// Prints the errors, and what each recording lacks; returns the exit status.
int ReportDefects(const LoadedRecordings& recordings);

/// "run 'bt.A.clock', repetition 3": for messages.
[[nodiscard]] std::string TitleOf(const store::RecordingName& name);

}  // namespace heimdallr::cli
