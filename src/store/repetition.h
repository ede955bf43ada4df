// What is known of one recording without looking at its records.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/status/status.h>

#include "analysis/access_statistics.h"
#include "analysis/loss_totals.h"
#include "analysis/served_memory.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr::store {

/// Which recording it is.
struct RecordingName {
  std::string run;           ///< the run id, such as "bt.A.clock"
  std::string workload;      ///< such as "bt.A"
  std::string mode;          ///< such as "clock", "dry"; empty = none was given
  std::uint64_t number = 0;  ///< of the repetition, from 1; 0 = the next that is free
  std::string identity;      ///< tells this recording from every other, however much there is of it
  std::string path;
};

/// Whether the records are kept, or only what is in a Repetition.
enum class Content : std::uint8_t { kStatistics = 0, kWhole = 1 };

/// What one stream of samples gave.
struct StreamFigures {
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t load_stores = 0;
  std::uint64_t unknown = 0;
  std::uint64_t direct = 0;
  std::uint64_t ticks_with_access = 0;
  std::uint64_t ticks_without_access = 0;
  std::uint64_t faults = 0;
  std::uint64_t shortest_period = 0;  ///< 0 = none tells
  std::uint64_t longest_period = 0;

  [[nodiscard]] std::uint64_t accesses() const { return loads + stores + load_stores + unknown; }
  [[nodiscard]] std::uint64_t ticks() const { return ticks_with_access + ticks_without_access; }
};

struct Figures {
  std::array<std::uint64_t, std::variant_size_v<Record>> records{};  ///< by type, as in Record
  std::uint64_t end_ns = 0;                                          ///< time of the last record
  std::vector<StreamFigures> streams;            ///< of TraceHeader::streams, in their order
  std::vector<analysis::ServedAmount> memories;  ///< of TraceHeader::memories, in their order
  std::vector<analysis::LossTotal> losses;       ///< by stream and kind
  std::optional<StatisticsRecord> process;       ///< the best known of the first process

  [[nodiscard]] std::uint64_t all_records() const;
  /// Of one type, such as AccessRecord.
  template <typename Type>
  [[nodiscard]] std::uint64_t count() const {
    return records[Record(Type{}).index()];
  }
};

struct Repetition {
  RecordingName name;
  Content content = Content::kStatistics;
  TraceHeader header;
  TraceExtent extent;
  std::optional<RecorderStatistics> recorder;  ///< none if the recording did not end well
  absl::Status end;                            ///< why reading the trace ended before its end
  Figures figures;

  /// Nothing of the recording is missing at its end.
  [[nodiscard]] bool complete() const { return end.ok() && extent.finished && !extent.cut; }
  /// Whether this reading of a recording got further than `other`, one of the same recording: to
  /// its end, or, where neither did, to a later byte of its trace.
  [[nodiscard]] bool HasMoreThan(const Repetition& other) const;
};

/// Sums a recording up, record by record. Takes next to no time. Not thread-safe.
class FigureCounter {
 public:
  explicit FigureCounter(const TraceHeader& header)
      : pid_(header.pid), streams_(header.streams), memories_(header.memories) {}

  void Add(const Record& record) {
    ++figures_.records[record.index()];
    const std::uint64_t time_ns = TimeNs(record);
    if (time_ns > figures_.end_ns) figures_.end_ns = time_ns;
    if (const auto* access = std::get_if<AccessRecord>(&record)) {
      accesses_.Add(*access);
    } else if (const auto* fault = std::get_if<FaultRecord>(&record)) {
      accesses_.Add(*fault);
    } else if (const auto* allocation = std::get_if<AllocationRecord>(&record)) {
      served_.Add(*allocation);
    } else if (const auto* loss = std::get_if<LossRecord>(&record)) {
      losses_.Add(*loss);
    } else if (const auto* statistics = std::get_if<StatisticsRecord>(&record)) {
      Keep(*statistics);
    }
  }

  [[nodiscard]] Figures figures() const;

 private:
  void Keep(const StatisticsRecord& record);

  std::int32_t pid_;
  std::vector<StreamInfo> streams_;
  std::vector<MemoryInfo> memories_;
  Figures figures_;
  analysis::AccessStatistics accesses_;
  analysis::LossTotals losses_;
  analysis::ServedMemory served_;
};

}  // namespace heimdallr::store
