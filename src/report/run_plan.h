// What the first reading of a run decides: names, rows, axis, and how the samples are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "analysis/access_profile.h"
#include "analysis/access_quantities.h"
#include "heimdallr/trace_header.h"
#include "heimdallr/trace_reader.h"
#include "report/access_filter.h"
#include "report/access_survey.h"
#include "report/address_axis.h"
#include "report/code_table.h"
#include "report/group_table.h"
#include "report/object_choice.h"
#include "report/report_input.h"
#include "report/run_ledger.h"
#include "report/sample_chunk.h"
#include "report/string_table.h"
#include "report/time_bins.h"

namespace heimdallr::report {

/// An instruction that accesses; the last row of many may stand for all others.
struct CodeRow {
  std::uint32_t stack = 0;   ///< in RunPlan::code_stacks
  std::uint32_t module = 0;  ///< in the strings
  std::uint32_t place = 0;   ///< in the strings
  analysis::AccessQuantities quantities;
};

struct RunPlan {
  static constexpr std::size_t kMostCodeRows = 65'535;

  RunPlan() : frames(strings) {}
  RunPlan(const RunPlan&) = delete;
  RunPlan& operator=(const RunPlan&) = delete;

  std::string name;
  ReportFilter asked;
  TraceHeader header;
  std::optional<std::string> defect;
  std::optional<RecorderStatistics> recorder;
  RunLedger ledger;
  std::optional<AccessFilter> filter;
  std::optional<AccessSurvey> survey;
  analysis::EstimateUnit unit = analysis::EstimateUnit::kAccesses;
  std::uint64_t ticks = 0;
  std::uint64_t ticks_without_access = 0;

  StringTable strings;
  FrameTable frames;
  StackTable code_stacks;
  std::optional<GroupTable> groups;
  std::vector<CodeRow> code;
  std::vector<std::uint16_t> code_of_instruction;  ///< by number in CodeStatistics
  std::vector<ShownObject> objects;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> object_of_number;
  std::optional<AddressAxis> axis;
  std::vector<std::uint32_t> piece_labels;  ///< in the strings

  SamplePlanes planes;
  std::optional<double> estimate_scale;  ///< absent where nothing is known of estimates
  double time_scale = 1;
  /// Number of the allocation record at which the heap was largest; 0 = there is none.
  std::uint64_t peak_record = 0;

  /// The object of an access as samples have it: 1 + its index in `objects`, where it has one
  /// (`index` is not negative); of others their group, behind the objects; kNoObject without one.
  [[nodiscard]] std::uint32_t RowOf(const analysis::Joined& joined, std::int32_t index) const;
  /// The time that is shown, in so many parts.
  [[nodiscard]] TimeBins Bins(std::size_t count) const;
  /// Accesses in the report.
  [[nodiscard]] std::uint64_t accesses() const { return survey->totals().records(); }
};

/// Reads the run once, or twice where objects are chosen by name. Errors of opening it; a run that
/// is damaged further on is read up to there (`RunPlan::defect`).
[[nodiscard]] absl::StatusOr<std::unique_ptr<RunPlan>> PlanRun(const ReportInput& input,
                                                               const ReportLimits& limits);

}  // namespace heimdallr::report
