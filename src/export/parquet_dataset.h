// Where the Parquet files of a recording lie among those of others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "export/byte_sink.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::exports {

/// FOLDER/run=RUN/rank=RANK/part-REPETITION-NUMBER.parquet: readers that know such folders give run
/// and rank as columns.
struct DatasetPlace {
  std::string folder;  ///< made if it is not there
  std::string run;     ///< any text; what a file name cannot hold becomes %XX
  std::uint64_t rank = 0;
  std::uint64_t repetition = 1;
};

/// Which of the processes of an MPI job, or tasks of a Slurm step, was recorded: by the environment
/// of its command; 0 when that says nothing.
[[nodiscard]] std::uint64_t RankOf(const TraceHeader& header);

/// The parts of one recording. They are written into a folder of their own, under names no reader
/// looks for, and get their places together in the end: without `Commit` nothing of them stays, nor
/// any folder made for them. Not thread-safe.
class Dataset {
 public:
  /// AlreadyExists when there are parts of this run, rank and repetition; by errno when a folder
  /// cannot be made.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Dataset>> Create(const DatasetPlace& place);

  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  ~Dataset();

  /// The next part, to be written and finished before the next one and before `Commit`.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<FileSink>> OpenPart();
  /// Errors as Create. Signals wait meanwhile.
  [[nodiscard]] absl::Status Commit();

  /// The folder that is being written, which holds files alone.
  [[nodiscard]] const std::string& temporary() const { return staging_; }
  /// Folders that were made to hold that one, innermost first.
  [[nodiscard]] const std::vector<std::string>& made() const { return made_; }

 private:
  explicit Dataset(const DatasetPlace& place);

  [[nodiscard]] absl::Status MakeFolders(const std::string& folder);
  [[nodiscard]] absl::Status CheckFree() const;
  [[nodiscard]] absl::Status MovePart(std::uint64_t number) const;
  [[nodiscard]] std::string StagedPart(std::uint64_t number) const;
  [[nodiscard]] std::string Part(std::uint64_t number) const;

  std::string root_;
  std::string folder_;  // of the parts in the end
  std::string prefix_;  // of their names
  std::string staging_;
  std::vector<std::string> made_;
  std::uint64_t parts_ = 0;
};

}  // namespace heimdallr::exports
