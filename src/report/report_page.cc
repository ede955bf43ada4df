#include "report/report_page.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "report/gzip.h"
#include "report/json_text.h"
#include "report/report_run.h"
#include "report/run_json.h"
#include "report/viewer_page.h"

namespace heimdallr::report {
namespace {

enum class SampleHome : std::uint8_t { kPage, kServer };

using Runs = std::vector<ReportRun>;

absl::StatusOr<Runs> MakeRuns(const std::vector<ReportInput>& inputs, const ReportLimits& limits,
                              KeepSamples keep) {
  Runs runs;
  ReportLimits of_each = limits;
  of_each.samples /= inputs.size();
  of_each.file_bytes /= inputs.size();
  for (const ReportInput& input : inputs) {
    auto run = MakeRun(input, of_each, keep);
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
  return runs;
}

std::string Description(Runs& runs, const std::string& tool, SampleHome home) {
  std::string text;
  JsonText json(text);
  json.BeginObject();
  json.Member("version", 2);
  json.Member("tool", tool);
  json.Member("served", home == SampleHome::kServer);
  json.BeginArray("runs");
  for (ReportRun& run : runs) AppendRun(*run.plan, *run.picture, json);
  json.EndArray();
  json.EndObject();
  return text;
}

std::vector<RunSummary> SummariesOf(const Runs& runs) {
  std::vector<RunSummary> summaries;
  for (const ReportRun& run : runs) {
    summaries.push_back({.accesses = run.plan->accesses(),
                         .samples = run.picture->chosen().count(),
                         .complete = run.picture->complete()});
  }
  return summaries;
}

absl::Status WriteChunks(const Runs& runs,
                         const std::function<absl::Status(std::string_view)>& write) {
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const ChunkStore& store = runs[run].picture->chosen();
    for (std::size_t chunk = 0; chunk < store.chunks().size(); ++chunk) {
      const auto packed = store.Read(chunk);
      if (!packed.ok()) return packed.status();
      const std::string element = fmt::format(
          "<script type=\"text/plain\" class=\"heimdallr-chunk\" data-run=\"{}\" "
          "data-chunk=\"{}\">{}</script>\n",
          run, chunk, Base64(*packed));
      if (absl::Status status = write(element); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ChunkOf(const Runs& runs, std::size_t run, std::size_t chunk) {
  if (run >= runs.size()) return absl::NotFoundError("there is no such run");
  return runs[run].picture->chosen().Read(chunk);
}

}  // namespace

absl::StatusOr<std::vector<RunSummary>> WritePage(
    const std::vector<ReportInput>& inputs, const ReportLimits& limits, const std::string& tool,
    const std::function<absl::Status(std::string_view)>& write) {
  auto runs = MakeRuns(inputs, limits, KeepSamples::kChosen);
  if (!runs.ok()) return runs.status();
  for (const std::string_view piece : {kPageMark, kPageBeforeReport}) {
    if (absl::Status status = write(piece); !status.ok()) return status;
  }
  absl::Status status = write(Description(*runs, tool, SampleHome::kPage));
  if (status.ok()) status = write(kPageBeforeChunks);
  if (status.ok()) status = WriteChunks(*runs, write);
  if (status.ok()) status = write(kPageAfterChunks);
  if (!status.ok()) return status;
  return SummariesOf(*runs);
}

absl::StatusOr<ServedReport> PackReport(const std::vector<ReportInput>& inputs,
                                        const ReportLimits& limits, const std::string& tool) {
  auto made = MakeRuns(inputs, limits, KeepSamples::kAll);
  if (!made.ok()) return made.status();
  const auto runs = std::make_shared<Runs>(*std::move(made));
  const auto page = std::make_shared<const std::string>(fmt::format(
      "{}{}{}{}{}", kPageMark, kPageBeforeReport, Description(*runs, tool, SampleHome::kServer),
      kPageBeforeChunks, kPageAfterChunks));
  return ServedReport{
      .contents = {.page = [page]() -> absl::StatusOr<std::string> { return *page; },
                   .chunk = [runs](std::size_t run,
                                   std::size_t chunk) { return ChunkOf(*runs, run, chunk); },
                   .range = [runs](std::size_t run,
                                   const VisibleRange& range) -> absl::StatusOr<RangeSamples> {
                     if (run >= runs->size()) return absl::NotFoundError("there is no such run");
                     return SamplesOf((*runs)[run], range);
                   }},
      .runs = SummariesOf(*runs)};
}

}  // namespace heimdallr::report
