// Decoded records of perf as records of the trace.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"
#include "import/import_perf_data.h"
#include "import/perf_data_header.h"
#include "perf/records.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::imports {

/// Takes records in order of time. Not thread-safe.
class PerfRecordsToTrace {
 public:
  /// Times of the trace count from `start_ns` of the file's clock. All is borrowed.
  PerfRecordsToTrace(const PerfDataHeader& header, std::uint64_t start_ns,
                     trace::TraceWriter& writer, PerfDataCounts& counts);

  /// `event` is the number of the event that made the record.
  void Add(const perf::KernelRecord& record, std::size_t event);
  /// Writes down what was lost since the last time.
  void WriteLosses(std::uint64_t record_time_ns);
  /// A record that could not be decoded.
  void CountCorrupt() { Count(LossKind::kCorruptRecord, 0, 1); }

  /// Streams as the header of the trace has them, one for each event; StreamInfo::id is the
  /// event's number + 1.
  [[nodiscard]] static std::vector<StreamInfo> Streams(const PerfDataHeader& header);
  /// More events cannot be told apart.
  static constexpr std::size_t kMostStreams = 255;

 private:
  void On(const perf::SampleRecord& record, std::size_t event);
  void On(const perf::MmapRecord& record, std::size_t event);
  void On(const perf::CommRecord& record, std::size_t event);
  void On(const perf::ForkRecord& record, std::size_t event);
  void On(const perf::ExitRecord& record, std::size_t event);
  void On(const perf::LostRecord& record, std::size_t event);
  void On(const perf::LostSamplesRecord& record, std::size_t event);
  void On(const perf::ThrottleRecord& record, std::size_t event);
  void On(const perf::AuxRecord& record, std::size_t event);
  void On(const perf::UnknownRecord& record, std::size_t event);

  struct PendingExec {
    std::uint64_t time_ns = 0;
    std::string command;
  };

  [[nodiscard]] std::uint64_t TimeOf(const perf::Origin& origin) const;
  void Count(LossKind kind, std::size_t stream, std::uint64_t count);
  void WriteExec(std::int32_t pid, const PendingExec& exec, std::string_view executable,
                 std::string_view build_id);

  const PerfDataHeader& header_;
  std::uint64_t start_ns_;
  trace::TraceWriter& writer_;
  PerfDataCounts& counts_;
  std::vector<SourceKind> sources_;  // by event
  std::vector<std::uint64_t> ticks_;
  std::map<std::pair<std::size_t, LossKind>, std::uint64_t> losses_;  // by stream
  // Of an exec the name comes first, the file with its mapping.
  std::unordered_map<std::int32_t, PendingExec> execs_;
  std::unordered_map<std::int32_t, std::unordered_set<std::int32_t>> threads_;  // by process
};

}  // namespace heimdallr::imports
