// A recording into a database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

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

/// Begins to read a recording from its start. Called again, it begins once more.
using OpenSource = std::function<absl::StatusOr<std::unique_ptr<analysis::RecordSource>>()>;

/// What a database gained.
enum class Gain : std::uint8_t {
  kNothing = 0,    ///< it has all that was asked for: it is unchanged
  kRecording = 1,  ///< one that it did not have
  kMore = 2,       ///< more of one that it had, in its place
};

struct Added {
  Gain gain = Gain::kNothing;
  Repetition repetition;  ///< as the database has it now
};

/// Adds a recording, with its records if `content` says so. What is good of a trace that is not
/// whole goes in, and `Repetition::end` and `extent` tell what it lacks. Of a recording that is
/// there, by its identity, nothing is ever lost: what is there is replaced, under its name, if the
/// source gets further (Repetition::HasMoreThan), or as far and brings the records. Memory is
/// bounded but for what analysis keeps (live objects, code, sites). Errors of the database and of
/// `open`; Cancelled when `progress` stops it: then do not commit the update.
[[nodiscard]] absl::StatusOr<Added> AddRecording(Update& update, const RecordingName& name,
                                                 const OpenSource& open, Content content,
                                                 const Progress& progress);

}  // namespace heimdallr::store
