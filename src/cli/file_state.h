// Whether a trace file is whole, in words.
#pragma once

#include <optional>
#include <string>

#include <absl/status/status.h>

#include "heimdallr/trace_reader.h"

namespace heimdallr::cli {

/// What is wrong with a trace that was read until `end` (the error of TraceReader::Next, or OK) and
/// how much of it is good: one line, without control characters. Nothing if the file is whole.
[[nodiscard]] std::optional<std::string> DefectOf(const std::string& path, const absl::Status& end,
                                                  const TraceExtent& extent);

/// Whether `path` can be read from its end, so that a trace's names are known before its records:
/// false for a pipe, and for what cannot be looked at.
[[nodiscard]] bool IsRegularFile(const std::string& path);

/// Prints a line about a failure to standard error, after the program's name.
void PrintError(const std::string& message);

}  // namespace heimdallr::cli
