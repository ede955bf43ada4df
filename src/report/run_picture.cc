#include "report/run_picture.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "analysis/names.h"
#include "report/half_float.h"

namespace heimdallr::report {
namespace {

constexpr std::uint32_t kMostLatency = 65'535;

std::uint16_t ScaledHalf(double value, double scale) {
  return std::isfinite(value) && value > 0 ? HalfBits(static_cast<float>(value / scale))
                                           : std::uint16_t{0};
}

std::uint64_t StepFor(std::uint64_t total, std::size_t most) {
  return most == 0 ? total + 1 : std::max<std::uint64_t>(1, (total + most - 1) / most);
}

}  // namespace

void SparseBins::Add(std::size_t row, std::size_t bin, AccessKind kind) {
  if (row >= kMostRows) return;
  const std::uint64_t key = std::uint64_t{row} << 32 | bin;
  if (key != last_key_) {
    last_ = &cells_[key];
    last_key_ = key;
  }
  ++(*last_)[CountsAsUnknown(kind) ? 0 : static_cast<std::size_t>(kind)];
}

std::vector<SparseBins::Count> SparseBins::Counts() const {
  std::vector<Count> counts;
  counts.reserve(cells_.size());
  for (const auto& [key, cell] : cells_) {
    counts.push_back({.row = static_cast<std::uint32_t>(key >> 32),
                      .bin = static_cast<std::uint32_t>(key),
                      .accesses = cell});
  }
  std::sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) {
    return a.row != b.row ? a.row < b.row : a.bin < b.bin;
  });
  return counts;
}

RunPicture::RunPicture(RunPlan& plan, const SamplingPlan& sampling, ChunkStore chosen,
                       std::optional<ChunkStore> all)
    : plan_(plan),
      tile_columns_(plan.Bins(kTileColumns)),
      table_bins_(plan.Bins(kTableBins)),
      choice_(plan.accesses(), sampling.wanted),
      chosen_(std::move(chosen)),
      all_(std::move(all)),
      cells_(complete() ? 0 : kTileColumns * kTileRows),
      series_(plan.Bins(kSeriesBins)),
      objects_(plan.objects.size()),
      fault_step_(StepFor(plan.survey->totals().faults, sampling.faults)) {}

std::int32_t RunPicture::IndexOf(std::uint64_t number) {
  if (number != last_number_) {
    const auto found = plan_.object_of_number.find(number);
    last_index_ =
        found == plan_.object_of_number.end() ? -1 : static_cast<std::int32_t>(found->second);
    last_number_ = number;
  }
  return last_index_;
}

Sample RunPicture::SampleOf(const AccessRecord& record, const analysis::AccessShare& share,
                            const analysis::Joined& joined, std::uint32_t process,
                            std::uint32_t object) const {
  constexpr unsigned kDirect = 4;
  constexpr unsigned kSourceShift = 3;
  static_assert(analysis::kDataSources <= 16);  // bit 7 is kFirstOfCell
  Sample sample{.time_ns = record.time_ns, .object = object};
  sample.code = plan_.code_of_instruction[joined.instruction];
  sample.thread = plan_.ledger.threads().Of(process, record.tid);
  const auto source = record.data_source == 0 ? analysis::DataSource::kUnknown
                                              : analysis::DataSourceOf(record.data_source);
  sample.meta = static_cast<std::uint8_t>(static_cast<unsigned>(record.kind) |
                                          (record.direct ? kDirect : 0U) |
                                          static_cast<unsigned>(source) << kSourceShift);
  sample.latency_cycles = static_cast<std::uint16_t>(std::min(record.latency_cycles, kMostLatency));
  sample.estimate = ScaledHalf(share.estimate, plan_.estimate_scale.value_or(1));
  sample.cpu_time = ScaledHalf(share.time_ns, plan_.time_scale);
  return sample;
}

void RunPicture::CountByTime(const AccessRecord& record, const analysis::Joined& joined,
                             std::uint16_t code) {
  const std::size_t bin = table_bins_.Of(record.time_ns);
  code_bins_.Add(code, bin, record.kind);
  const std::int32_t row = joined.object == 0 ? -1 : plan_.groups->Of(joined.group);
  if (row >= 0) group_bins_.Add(static_cast<std::size_t>(row), bin, record.kind);
}

void RunPicture::CountInPicture(const AccessRecord& record, std::size_t cell) {
  const std::size_t bin = series_.bins.Of(record.time_ns);
  if (CountsAsLoad(record.kind)) {
    ++tiles_.loads[cell];
    ++series_.loads[bin];
  }
  if (CountsAsStore(record.kind)) {
    ++tiles_.stores[cell];
    ++series_.stores[bin];
  }
  if (CountsAsUnknown(record.kind)) {
    if (tiles_.unknown.empty()) tiles_.unknown.resize(kTileColumns * kTileRows);
    ++tiles_.unknown[cell];
    ++series_.unknown[bin];
  }
}

void RunPicture::OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                          const analysis::Joined& joined) {
  if (!plan_.filter->Accepts(record, joined)) return;
  const std::uint32_t process = plan_.ledger.processes().Of(record.pid, record.time_ns);
  const AddressAxis::Place place = plan_.axis->PlaceOf(process, record.address);
  const std::size_t row = std::size_t{place.position} * kTileRows / AddressAxis::kLength;
  const std::size_t cell = row * kTileColumns + tile_columns_.Of(record.time_ns);
  CountInPicture(record, cell);
  const std::int32_t object = joined.object == 0 ? -1 : IndexOf(joined.object);
  if (object >= 0) objects_[static_cast<std::size_t>(object)].Add(record, share);

  const Choice choice =
      complete() ? Choice::kOfRun : choice_.Of(static_cast<std::uint32_t>(cell), cells_[cell]++);
  if (choice == Choice::kFirst) ++first_of_cells_;
  if (!complete()) CountByTime(record, joined, plan_.code_of_instruction[joined.instruction]);
  if (choice == Choice::kLeft && !all_) return;
  Sample sample = SampleOf(record, share, joined, process, plan_.RowOf(joined, object));
  sample.y = place.y;
  if (all_) all_->Add(sample);
  if (choice == Choice::kFirst) sample.meta |= kFirstOfCell;
  if (choice != Choice::kLeft) chosen_.Add(sample);
}

double RunPicture::weight() const {
  const std::uint64_t of_runs = chosen_.count() - first_of_cells_;
  if (of_runs == 0) return 1;
  return static_cast<double>(plan_.accesses() - first_of_cells_) / static_cast<double>(of_runs);
}

void RunPicture::OnFault(const FaultRecord& record, const analysis::Joined& joined) {
  if (!plan_.filter->Accepts(record, joined)) return;
  ++series_.faults[series_.bins.Of(record.time_ns)];
  const std::int32_t object = joined.object == 0 ? -1 : IndexOf(joined.object);
  if (object >= 0) objects_[static_cast<std::size_t>(object)].Add(record);
  if (faults_seen_++ % fault_step_ != 0) return;
  const std::uint32_t process = plan_.ledger.processes().Of(record.pid, record.time_ns);
  faults_.push_back({.time_ns = record.time_ns,
                     .y = plan_.axis->PlaceOf(process, record.address).y,
                     .object = static_cast<std::int32_t>(plan_.RowOf(joined, object)) - 1,
                     .thread = plan_.ledger.threads().Of(process, record.tid)});
}

void RunPicture::Add(const LossRecord& record) {
  if (!series_.bins.Holds(record.time_ns)) return;
  if (record.stream == 0) return;
  // Counted since the record of the same kind before.
  std::uint64_t& told_ns = losses_told_ns_[{record.stream, record.kind}];
  const std::uint64_t since_ns = std::exchange(told_ns, record.time_ns);
  if (analysis::EffectOf(record.kind) == analysis::LossEffect::kNoAddress) {
    AddEvenly(record.count, since_ns, record.time_ns, series_.bins, series_.ticks_without_access);
  } else if (record.kind == LossKind::kRingOverflow || record.kind == LossKind::kSamplesLost) {
    AddEvenly(record.count, since_ns, record.time_ns, series_.bins, series_.lost);
  }
}

absl::Status RunPicture::Finish() {
  absl::Status status = chosen_.Finish();
  if (all_ && status.ok()) status = all_->Finish();
  return status;
}

absl::StatusOr<std::unique_ptr<RunPicture>> DrawRun(const ReportInput& input, RunPlan& plan,
                                                    std::unique_ptr<RunPicture> picture) {
  auto opened = input.open();
  if (!opened.ok()) return opened.status();
  analysis::RecordSource& source = **opened;
  const auto stack = [&source](std::uint32_t id) { return source.Stack(id); };
  analysis::AccessProfile profile(source.header(), source.symbols(), stack, picture.get());
  AllocationCounter allocations(profile.modules(), stack, source.header().page_size_bytes,
                                plan.Bins(kSeriesBins), plan.peak_record);
  // A damaged run ends where it ended at the first reading, which has said so.
  auto record = source.Next();
  for (; record.ok() && *record != nullptr; record = source.Next()) {
    profile.Add(**record);
    if (const auto* allocation = std::get_if<AllocationRecord>(*record)) {
      allocations.Add(*allocation);
    } else if (const auto* process = std::get_if<ProcessRecord>(*record)) {
      allocations.Add(*process);
    } else if (const auto* loss = std::get_if<LossRecord>(*record)) {
      picture->Add(*loss);
    }
  }
  profile.Finish();
  const analysis::CodeNames names(source.symbols(), profile.modules());
  picture->allocations = std::move(allocations).Finish(names, *plan.groups, plan.frames);
  if (absl::Status status = picture->Finish(); !status.ok()) return status;
  return picture;
}

}  // namespace heimdallr::report
