// The second reading of a run: samples, tiles, and what is counted by time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>

#include "analysis/access_observer.h"
#include "analysis/access_quantities.h"
#include "report/allocation_history.h"
#include "report/chunk_store.h"
#include "report/run_plan.h"
#include "report/stratified_choice.h"

namespace heimdallr::report {

inline constexpr std::size_t kTileColumns = 1024;
inline constexpr std::size_t kTileRows = 1024;
inline constexpr std::size_t kSeriesBins = 2048;
inline constexpr std::size_t kTableBins = 512;

/// Counts of time x address, of all accesses in the report, row by row, the lowest addresses first.
struct Tiles {
  std::vector<std::uint32_t> loads = std::vector<std::uint32_t>(kTileColumns * kTileRows);
  std::vector<std::uint32_t> stores = std::vector<std::uint32_t>(kTileColumns * kTileRows);
  std::vector<std::uint32_t> unknown;  ///< empty where there are none
};

/// A page fault in the picture.
struct FaultPoint {
  std::uint64_t time_ns = 0;
  std::uint32_t y = 0;
  std::int32_t object = -1;  ///< row of RunPlan::RowOf less one
  std::uint16_t thread = 0;
};

/// Counts by row and part of the time, where there are any.
class SparseBins {
 public:
  /// Rows from this on are not counted by time.
  static constexpr std::size_t kMostRows = 4096;

  struct Count {
    std::uint32_t row = 0;
    std::uint32_t bin = 0;
    std::array<std::uint32_t, 4> accesses{};  ///< by AccessKind
  };

  void Add(std::size_t row, std::size_t bin, AccessKind kind);
  /// By row and bin.
  [[nodiscard]] std::vector<Count> Counts() const;

 private:
  using Cell = std::array<std::uint32_t, 4>;
  absl::flat_hash_map<std::uint64_t, Cell> cells_;
  std::uint64_t last_key_ = ~std::uint64_t{0};
  Cell* last_ = nullptr;
};

/// Events in equal parts of the time.
struct Series {
  explicit Series(const TimeBins& time_bins) : bins(time_bins) {}

  TimeBins bins;
  std::vector<std::uint64_t> loads = std::vector<std::uint64_t>(bins.count);
  std::vector<std::uint64_t> stores = std::vector<std::uint64_t>(bins.count);
  std::vector<std::uint64_t> unknown = std::vector<std::uint64_t>(bins.count);
  std::vector<std::uint64_t> faults = std::vector<std::uint64_t>(bins.count);
  std::vector<std::uint64_t> lost = std::vector<std::uint64_t>(bins.count);
  std::vector<std::uint64_t> ticks_without_access = std::vector<std::uint64_t>(bins.count);
};

/// Which samples are kept of a run.
struct SamplingPlan {
  std::uint64_t wanted = 0;  ///< of all accesses in the report
  std::size_t faults = 0;    ///< at most
};

/// Made while the run is read once more. Not thread-safe.
class RunPicture : public analysis::AccessObserver {
 public:
  /// `plan` outlives this object. `all` gets every sample, where it is wanted beside the chosen.
  RunPicture(RunPlan& plan, const SamplingPlan& sampling, ChunkStore chosen,
             std::optional<ChunkStore> all);

  void OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                const analysis::Joined& joined) override;
  void OnFault(const FaultRecord& record, const analysis::Joined& joined) override;
  void OnObject(const analysis::Object& /*object*/) override {}
  void Add(const LossRecord& record);

  /// After the last record. The first failure to write samples, if any.
  [[nodiscard]] absl::Status Finish();

  [[nodiscard]] const Tiles& tiles() const { return tiles_; }
  [[nodiscard]] const Series& series() const { return series_; }
  [[nodiscard]] const std::vector<FaultPoint>& faults() const { return faults_; }
  /// By index into RunPlan::objects.
  [[nodiscard]] const std::vector<analysis::AccessQuantities>& objects() const { return objects_; }
  /// By row of RunPlan::groups and RunPlan::code; empty when all samples are there.
  [[nodiscard]] const SparseBins& group_bins() const { return group_bins_; }
  [[nodiscard]] const SparseBins& code_bins() const { return code_bins_; }
  [[nodiscard]] const ChunkStore& chosen() const { return chosen_; }
  [[nodiscard]] const std::optional<ChunkStore>& all() const { return all_; }
  /// Every access in the report is among the chosen samples.
  [[nodiscard]] bool complete() const { return choice_.fraction() >= 1; }
  [[nodiscard]] double fraction() const { return choice_.fraction(); }
  /// Accesses that a sample stands for which is not the first of its cell (those stand for one).
  [[nodiscard]] double weight() const;

  std::optional<AllocationHistory> allocations;  ///< put there when the run has been read

 private:
  [[nodiscard]] std::int32_t IndexOf(std::uint64_t number);
  [[nodiscard]] Sample SampleOf(const AccessRecord& record, const analysis::AccessShare& share,
                                const analysis::Joined& joined, std::uint32_t process,
                                std::uint32_t object) const;
  void CountInPicture(const AccessRecord& record, std::size_t cell);
  void CountByTime(const AccessRecord& record, const analysis::Joined& joined, std::uint16_t code);

  RunPlan& plan_;
  TimeBins tile_columns_;
  TimeBins table_bins_;
  StratifiedChoice choice_;
  ChunkStore chosen_;
  std::optional<ChunkStore> all_;
  Tiles tiles_;
  // Accesses by cell, which the choice counts: a load_store is in both tiles.
  std::vector<std::uint32_t> cells_;
  std::uint64_t first_of_cells_ = 0;  // samples taken as such
  Series series_;
  std::map<std::pair<std::uint8_t, LossKind>, std::uint64_t> losses_told_ns_;  // by stream
  SparseBins group_bins_;
  SparseBins code_bins_;
  std::vector<analysis::AccessQuantities> objects_;
  std::vector<FaultPoint> faults_;
  std::uint64_t fault_step_ = 1;
  std::uint64_t faults_seen_ = 0;
  std::uint64_t last_number_ = 0;
  std::int32_t last_index_ = -1;
};

/// Reads the run once more and returns its picture. Errors of opening it, and of writing samples.
[[nodiscard]] absl::StatusOr<std::unique_ptr<RunPicture>> DrawRun(
    const ReportInput& input, RunPlan& plan, std::unique_ptr<RunPicture> picture);

}  // namespace heimdallr::report
