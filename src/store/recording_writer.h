// A recording into a database.
#pragma once

#include <functional>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "heimdallr/trace_reader.h"
#include "store/repetition.h"
#include "store/update.h"

namespace heimdallr::store {

/// Asked every some thousand records whether to go on, with what was read so far.
enum class Proceed { kGoOn, kStop };
using Progress = std::function<Proceed(const TraceExtent& extent)>;

/// How a database came to have a recording.
struct Added {
  bool was_there = false;  ///< with all that was asked for: nothing was changed
  Repetition repetition;
};

/// Reads `source` to its end and adds it, with its records if `content` says so. What is good of a
/// trace that is not whole goes in, and `Repetition::end` and `extent` tell what it lacks. A
/// recording that is there without its records gets them; memory is bounded but for what analysis
/// keeps (live objects, code, sites). Errors of the database; Cancelled when `progress` stops it:
/// then do not commit the update.
[[nodiscard]] absl::StatusOr<Added> AddRecording(Update& update, const RecordingName& name,
                                                 analysis::RecordSource& source, Content content,
                                                 const Progress& progress);

}  // namespace heimdallr::store
