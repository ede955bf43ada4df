#include "report/report_run.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "report/json_text.h"
#include "report/scratch_file.h"

namespace heimdallr::report {
namespace {

// Of many samples, the times are most of what does not compress: rounded to a part of the recording
// that no screen shows, ten million samples fit where seven and a half did.
std::uint64_t TimeUnitFor(const RunPlan& plan) {
  constexpr std::uint64_t kManySamples = 4'000'000;
  constexpr std::uint64_t kParts = 1 << 23;
  const TimeBins shown = plan.Bins(1);
  if (plan.accesses() < kManySamples) return 1;
  return std::max<std::uint64_t>(1, (shown.end_ns - shown.begin_ns) / kParts);
}

absl::StatusOr<ChunkStore> NewStore(const RunPlan& plan, const ReportLimits& limits,
                                    std::uint64_t time_unit_ns) {
  auto file = ScratchFile::Create();
  if (!file.ok()) return file.status();
  return ChunkStore(*std::move(file), plan.planes, limits.chunk_samples, time_unit_ns);
}

absl::StatusOr<std::unique_ptr<RunPicture>> Draw(const ReportInput& input,
                                                 const ReportLimits& limits, RunPlan& plan,
                                                 std::uint64_t wanted, KeepSamples keep) {
  auto chosen = NewStore(plan, limits, TimeUnitFor(plan));
  if (!chosen.ok()) return chosen.status();
  std::optional<ChunkStore> all;
  if (keep == KeepSamples::kAll && wanted < plan.accesses()) {
    auto store = NewStore(plan, limits, 1);
    if (!store.ok()) return store.status();
    all = *std::move(store);
  }
  const SamplingPlan sampling{.wanted = wanted, .faults = limits.faults};
  return DrawRun(input, plan,
                 std::make_unique<RunPicture>(plan, sampling, *std::move(chosen), std::move(all)));
}

// As base64 has them.
std::uint64_t TextBytes(const ChunkStore& store) { return store.bytes() / 3 * 4; }

// Collects samples, thinning them when there are too many.
class RangeCollector {
 public:
  void Add(const Sample& sample) {
    if (seen_++ % step_ != 0) return;
    samples_.push_back(sample);
    if (samples_.size() <= kMostRangeSamples) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < samples_.size(); i += 2) samples_[kept++] = samples_[i];
    samples_.resize(kept);
    step_ *= 2;
  }
  [[nodiscard]] bool complete() const { return step_ == 1; }
  [[nodiscard]] std::vector<Sample>& samples() { return samples_; }

 private:
  std::vector<Sample> samples_;
  std::uint64_t seen_ = 0;
  std::uint64_t step_ = 1;
};

}  // namespace

absl::StatusOr<ReportRun> MakeRun(const ReportInput& input, const ReportLimits& limits,
                                  KeepSamples keep) {
  auto planned = PlanRun(input, limits);
  if (!planned.ok()) return planned.status();
  ReportRun run{.plan = *std::move(planned), .picture = nullptr};
  constexpr int kAttempts = 4;
  std::uint64_t wanted = limits.samples;
  for (int attempt = 1;; ++attempt) {
    auto picture = Draw(input, limits, *run.plan, wanted, keep);
    if (!picture.ok()) return picture.status();
    run.picture = *std::move(picture);
    const ChunkStore& chosen = run.picture->chosen();
    const std::uint64_t bytes = TextBytes(chosen);
    if (keep == KeepSamples::kAll || bytes <= limits.file_bytes || attempt == kAttempts) return run;
    constexpr double kSafety = 0.95;
    const double share =
        static_cast<double>(limits.file_bytes) / static_cast<double>(bytes) * kSafety;
    wanted = static_cast<std::uint64_t>(
        static_cast<double>(std::min(wanted, run.plan->accesses())) * share);
  }
}

absl::StatusOr<RangeSamples> SamplesOf(const ReportRun& run, const VisibleRange& range) {
  const ChunkStore& store = run.picture->all() ? *run.picture->all() : run.picture->chosen();
  RangeCollector found;
  for (std::size_t i = 0; i < store.chunks().size(); ++i) {
    const ChunkInfo& info = store.chunks()[i];
    if (info.last_ns < range.begin_ns || info.first_ns >= range.end_ns) continue;
    const auto packed = store.Read(i);
    if (!packed.ok()) return packed.status();
    const auto samples = Decode(*packed, info, store.planes());
    if (!samples.ok()) return samples.status();
    for (const Sample& sample : *samples) {
      if (sample.time_ns < range.begin_ns || sample.time_ns >= range.end_ns) continue;
      const std::uint32_t position = run.plan->axis->PositionOf(sample.y);
      if (position >= range.axis_begin && position < range.axis_end) found.Add(sample);
    }
  }
  const bool complete = found.complete() && (run.picture->all() || run.picture->complete());
  EncodedChunk chunk = Encode(found.samples(), store.planes());
  RangeSamples answer{.planes = std::move(chunk.gzip), .description = {}};
  JsonText json(answer.description);
  json.BeginObject();
  json.Member("count", chunk.info.count);
  json.Member("first_ns", chunk.info.first_ns);
  json.Member("time_unit_ns", chunk.info.time_unit_ns);
  json.Member("complete", complete);
  json.EndObject();
  return answer;
}

}  // namespace heimdallr::report
