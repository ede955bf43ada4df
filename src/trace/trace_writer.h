// Writes a trace file: records in, blocks out. The format is specified in proto/README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "heimdallr/trace_header.h"

namespace heimdallr::trace {

/// zstd makes traces a quarter to a third smaller and takes 8 ns more for an allocation and 22 ns
/// for an access; of a recorder's CPU time in an allocating program that was 20 %.
enum class Compression { kNone, kZstd };
enum class Overwrite { kRefuse, kReplace };

class OutputFile;

/// What a writer did, and what it could not do.
struct WriterTotals {
  std::uint64_t records = 0;  ///< accepted and written, or still to be flushed
  std::uint64_t access_records = 0;
  std::uint64_t allocation_records = 0;
  std::uint64_t dropped_records = 0;  ///< given up because writing had failed
  std::uint64_t bytes = 0;            ///< written to the file so far
};

/// A trace being written. Records of one thread should come about in order of time; records of
/// different threads and kinds in any order within a round. Not thread-safe.
///
/// After a failed write nothing more is written but everything is still accepted and counted as
/// dropped: the recorder keeps draining, so the workload never waits for a full disk. The file is
/// then cut back to its last whole chunk. The caller ignores SIGXFSZ and SIGPIPE, so that they
/// become such errors.
///
/// It never fills a disk: records are refused in the same way (ResourceExhausted) once the free
/// space of the file system falls below 1 GiB, or 5 % of a small one. Finish then still writes how
/// many were dropped, and the footer.
class TraceWriter {
 public:
  /// Makes the file and writes the header. AlreadyExists with Overwrite::kRefuse; PermissionDenied,
  /// NotFound, ResourceExhausted by errno; ResourceExhausted when free space is short already;
  /// FailedPrecondition for what is no file. A pipe or character device is opened as it is.
  [[nodiscard]] static absl::StatusOr<TraceWriter> Create(const std::string& path,
                                                          const TraceHeader& header,
                                                          Compression compression,
                                                          Overwrite overwrite);

  /// The same with an output that is open already.
  [[nodiscard]] static absl::StatusOr<TraceWriter> CreateOn(OutputFile file,
                                                            const TraceHeader& header,
                                                            Compression compression);

  TraceWriter(TraceWriter&&) noexcept;
  TraceWriter& operator=(TraceWriter&&) noexcept;
  ~TraceWriter();

  void Add(const AccessRecord& record);
  void Add(const FaultRecord& record);
  void Add(const AllocationRecord& record);
  void Add(const MappingRecord& record);
  void Add(const ProcessRecord& record);
  void Add(const ThreadRecord& record);
  void Add(const LossRecord& record);
  void Add(const StatisticsRecord& record);
  void Add(const PeriodRecord& record);
  void Add(const PlacementRecord& record);

  /// Interns a call stack (innermost first) and returns its id, from 1. Equal stacks share an id.
  [[nodiscard]] std::uint32_t AddStack(std::span<const std::uint64_t> frames);

  /// The round holds so many records that it should end soon: a reader keeps a round in memory.
  [[nodiscard]] bool RoundIsFull() const;

  /// Flushes every open block and states that all records before `watermark_ns` are in the file.
  /// Call at least once a second. Returns the error that made the writer give up, each time.
  absl::Status EndRound(std::uint64_t watermark_ns);

  /// Names what occurs in the records. Call after the last record; it ends the last round. A module
  /// or process without a symbol is left out.
  void AddSymbols(const ModuleSymbols& symbols);
  void AddSymbols(const ProcessSymbols& symbols);

  /// Ends the last round and writes the footer. Further calls do nothing.
  absl::Status Finish(const RecorderStatistics& statistics);

  [[nodiscard]] const WriterTotals& totals() const;

 private:
  class Impl;
  explicit TraceWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace heimdallr::trace
