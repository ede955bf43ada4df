// Records one run of a program into a trace file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"
#include "recorder/loss_ledger.h"
#include "recorder/machine.h"
#include "recorder/options.h"
#include "recorder/rate_history.h"

namespace heimdallr::recorder {

/// The program could not be executed; nothing was recorded and no file is left.
struct NotExecuted {
  absl::Status reason;  ///< NotFound: there is no such program
};

/// The program ran to its end.
struct Ended {
  int exit_code = 0;  ///< meaningful when `signal` is 0
  int signal = 0;     ///< that ended it
  std::uint64_t wall_ns = 0;
  std::uint64_t user_ns = 0;  ///< of the program and the children it waited for
  std::uint64_t system_ns = 0;
};

/// Processes that ran already were watched for a while.
struct Watched {
  std::uint64_t wall_ns = 0;
  std::size_t processes = 0;  ///< that were attached to
  std::size_t ended = 0;      ///< of them, those that ended meanwhile
};

/// What a recording came to.
struct RecordingResult {
  std::variant<NotExecuted, Ended, Watched> workload;
  std::string trace_path;
  std::uint64_t trace_bytes = 0;
  absl::Status trace_status;          ///< not OK: the trace is incomplete, and why
  std::uint64_t records_dropped = 0;  ///< because of `trace_status`

  std::vector<StreamInfo> streams;
  std::uint64_t ticks = 0;                  ///< samples of the clock source
  std::array<std::uint64_t, 4> accesses{};  ///< by AccessKind
  std::uint64_t faults = 0;
  std::uint64_t allocations = 0;
  std::uint64_t deallocations = 0;
  std::uint64_t processes = 0;
  std::uint64_t still_running = 0;  ///< processes of the workload that outlived it
  bool interposed = false;
  std::vector<MemoryInfo> memories;                 ///< as in the trace's header
  std::array<std::uint64_t, 3> blocks_by_memory{};  ///< heap blocks made, by MemoryInfo::id
  RateHistory rate;                                 ///< of the clock source
  LossLedger losses;
  RecorderStatistics cost;

  /// What was done otherwise than asked, one line each, for people.
  std::vector<std::string> warnings;
};

/// Runs the workload, or attaches to it, and records it. An error means that the workload was not
/// started: something that was asked for cannot be had. Once it runs, nothing ends it early; what
/// goes wrong then is in the result. Changes the signal mask and some dispositions of the calling
/// process, which should have one thread. `machine` outlives the call.
[[nodiscard]] absl::StatusOr<RecordingResult> Record(const RecorderOptions& options,
                                                     const Machine& machine = RealMachine());

}  // namespace heimdallr::recorder
