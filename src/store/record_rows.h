// All records but accesses and page faults.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <variant>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "store/place_rows.h"
#include "store/table_writer.h"
#include "store/thread_rows.h"

namespace heimdallr::store {

/// Fills allocations, stacks, mappings, process_events, thread_events, losses, statistics, periods
/// and placements of one repetition. Not thread-safe.
class RecordRows {
 public:
  /// Return addresses of a recorded stack, innermost first.
  using StackLookup = std::function<std::span<const std::uint64_t>(std::uint32_t)>;

  /// `threads` must outlive this object.
  [[nodiscard]] static absl::StatusOr<RecordRows> Create(Connection& connection,
                                                         std::int64_t repetition, StackLookup stack,
                                                         ThreadRows& threads);

  /// Call before the first record; `places` must outlive this object.
  void Begin(PlaceRows& places) { places_ = &places; }

  void Add(const AllocationRecord& record, std::int64_t id);
  void Add(const MappingRecord& record, std::int64_t id);
  void Add(const ProcessRecord& record, std::int64_t id);
  void Add(const ThreadRecord& record, std::int64_t id);
  void Add(const LossRecord& record, std::int64_t id);
  void Add(const StatisticsRecord& record, std::int64_t id);
  void Add(const PeriodRecord& record, std::int64_t id);
  void Add(const PlacementRecord& record, std::int64_t id);

  /// Writes what is still held.
  void Flush() { tables_.allocations.Flush(); }

 private:
  using AllocationWriter = BulkWriter<11, 8>;
  struct Tables {
    AllocationWriter allocations;
    TableWriter stacks;
    TableWriter mappings;
    TableWriter processes;
    TableWriter threads;
    TableWriter losses;
    TableWriter statistics;
    TableWriter periods;
    TableWriter placements;
  };

  RecordRows(std::int64_t repetition, StackLookup stack, ThreadRows& threads, Tables tables)
      : repetition_(repetition),
        stack_(std::move(stack)),
        threads_(threads),
        tables_(std::move(tables)) {}

  void AddStack(std::uint32_t stack, std::int32_t pid);

  std::int64_t repetition_;
  StackLookup stack_;
  ThreadRows& threads_;
  Tables tables_;
  PlaceRows* places_ = nullptr;
  absl::flat_hash_set<std::uint32_t> stacks_;  // that are in the table
};

}  // namespace heimdallr::store
