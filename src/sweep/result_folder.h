// The folder a sweep writes its results into.
#pragma once

#include <string>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"
#include "sweep/state.h"

namespace heimdallr::sweep {

/// What belongs to one run: FOLDER/WORKLOAD.MODE/N.htrace and its neighbours.
struct RunFiles {
  std::string folder;
  std::string trace;          ///< has its name when the run is finished
  std::string partial_trace;  ///< its name until then
  std::string output;         ///< N.out: standard output of the workload
  std::string errors;         ///< N.err: its standard error, and the warnings of heimdallr
};

/// An open folder, locked: of two sweeps only one has it, and the run of one that was killed keeps
/// it until that run has ended. A run is finished when its result is in `sweep.json` and its trace
/// has its name; nothing here replaces a trace that has one.
class ResultFolder {
 public:
  enum class WhenLocked {
    kFail,
    kWait,  ///< as long as a run that is told to end may take
  };

  /// Whether there is a sweep in folder `path`, and how far it has come. Also while one is running.
  [[nodiscard]] static bool HasSweep(const std::string& path);
  [[nodiscard]] static absl::StatusOr<SweepState> Load(const std::string& path);

  /// Makes the folder if there is none. FailedPrecondition when another sweep has it, else errors
  /// by errno.
  [[nodiscard]] static absl::StatusOr<ResultFolder> Open(const std::string& path, WhenLocked wait);

  /// Replaces `sweep.json` at once.
  [[nodiscard]] absl::Status Save(const SweepState& state) const;

  /// AlreadyExists when a file of a planned run is there, that is of something else.
  [[nodiscard]] absl::Status CheckFree(const SweepState& state) const;
  /// After a sweep was interrupted: gives its name to a trace whose result is written down, takes
  /// away what is left of runs that have none, and plans those again. The state is not saved.
  [[nodiscard]] absl::Status Recover(SweepState& state) const;

  /// Absolute paths.
  [[nodiscard]] RunFiles FilesOf(const SweepState& state, const Run& run) const;
  /// Makes the folder of a run, and takes away what an unfinished one left.
  [[nodiscard]] absl::Status Prepare(const RunFiles& files) const;
  /// Puts the trace where a loss of power does not take it. Before the state says that it is there.
  [[nodiscard]] absl::Status Secure(const RunFiles& files) const;
  /// Gives the trace its name. AlreadyExists rather than replacing one.
  [[nodiscard]] absl::Status Finish(const RunFiles& files) const;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  ResultFolder(std::string path, base::UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;  // absolute
  base::UniqueFd fd_;
};

}  // namespace heimdallr::sweep
