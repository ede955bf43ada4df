// What the repetitions of a run have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/sample_statistics.h"
#include "store/repetition.h"

namespace heimdallr::cli {

/// How often a stream of samples was asked to sample, and did.
struct SamplingRate {
  std::string stream;
  double asked_hz = 0;               ///< 0 = not known
  std::optional<double> reached_hz;  ///< samples a second of user CPU time; none without any
};

/// Times are in ns, of the first process with the children it waited for. Failed repetitions are in
/// none of the figures but the counts.
struct RunStatistics {
  std::string run;
  std::string workload;
  std::string mode;  ///< empty = none was given
  std::vector<std::string> command_line;
  bool dry = false;  ///< the program was only timed

  std::size_t repetitions = 0;
  std::size_t failed = 0;   ///< of these: exit status not 0, or ended by a signal
  std::size_t unknown = 0;  ///< of these: without an end, as the recorder was killed
  SampleStatistics wall;
  SampleStatistics user;
  SampleStatistics system;
  SampleStatistics cpu;                 ///< user + system
  std::optional<std::string> base;      ///< the dry run it is compared with
  bool base_has_other_memory = false;   ///< so that overheads are those of memory and recording
  std::optional<Excess> wall_overhead;  ///< over the base
  std::optional<Excess> cpu_overhead;

  SampleStatistics samples;   ///< that were delivered, with or without an address
  SampleStatistics accesses;  ///< records
  SampleStatistics allocations;
  SampleStatistics lost;  ///< LostRecords
  std::string memory;     ///< what was asked for, as `--memory` has it; empty = nothing
  /// Heap blocks for which that memory had no room; none if this was not allowed.
  std::optional<SampleStatistics> fell_back;
  std::vector<SamplingRate> rates;
  std::uint64_t peak_rss_bytes = 0;  ///< the highest
};

/// One for each run, in the order of `repetitions`, which are sorted by run. A run is compared with
/// the dry run of the same workload; if there is none, with one of the same command line; of
/// several, with one that has the same memory.
[[nodiscard]] std::vector<RunStatistics> StatisticsOfRuns(
    const std::vector<store::Repetition>& repetitions);

/// Samples and allocation events that happened and are not among the records.
[[nodiscard]] std::uint64_t LostRecords(const store::Figures& figures);

}  // namespace heimdallr::cli
