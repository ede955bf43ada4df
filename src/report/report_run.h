// One recording, ready for a page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <absl/status/statusor.h>

#include "report/page_server.h"
#include "report/report_input.h"
#include "report/run_picture.h"
#include "report/run_plan.h"

namespace heimdallr::report {

enum class KeepSamples : std::uint8_t {
  kChosen = 0,  ///< what a page has room for
  kAll = 1,     ///< the others as well, for RunPicture::all
};

struct ReportRun {
  std::unique_ptr<RunPlan> plan;  ///< before the picture, which refers to it
  std::unique_ptr<RunPicture> picture;
};

/// Reads the recording. With kChosen it is drawn again where the samples take more room than
/// `limits` allows. Errors of opening it and of temporary files.
[[nodiscard]] absl::StatusOr<ReportRun> MakeRun(const ReportInput& input,
                                                const ReportLimits& limits, KeepSamples keep);

/// Samples of a range are at most so many; of more, every n-th is given.
inline constexpr std::size_t kMostRangeSamples = 1'000'000;

/// The samples in `range`, of a run made with kAll.
[[nodiscard]] absl::StatusOr<RangeSamples> SamplesOf(const ReportRun& run,
                                                     const VisibleRange& range);

}  // namespace heimdallr::report
