// Where the Parquet files of a recording lie among those of others.
#pragma once

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

#include "export/parquet_rows.h"
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

/// Makes the folders, and the parts as they are asked for. AlreadyExists when there are parts of
/// this run, rank and repetition; by errno when a folder or file cannot be made.
[[nodiscard]] absl::StatusOr<ParquetRows::OpenPart> OpenDataset(const DatasetPlace& place);

}  // namespace heimdallr::exports
