#include "report/run_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <variant>

#include "analysis/allocation_statistics.h"
#include "analysis/code_names.h"
#include "analysis/profile_rows.h"
#include "report/piece_labels.h"

namespace heimdallr::report {
namespace {

using analysis::AccessProfile;
using analysis::CodeNames;
using analysis::RecordSource;

constexpr double kLargestHalf = 60'000;  // just below the largest, 65,504

std::unique_ptr<AccessProfile> ProfileOf(RecordSource& source, analysis::AccessObserver* observer) {
  return std::make_unique<AccessProfile>(
      source.header(), source.symbols(), [&source](std::uint32_t id) { return source.Stack(id); },
      observer);
}

// Which groups have a name that was asked for: all names must be known for that.
absl::StatusOr<std::vector<bool>> FindGroups(const ReportInput& input) {
  auto source = input.open();
  if (!source.ok()) return source.status();
  const auto profile = ProfileOf(**source, nullptr);
  auto record = (*source)->Next();
  for (; record.ok() && *record != nullptr; record = (*source)->Next()) profile->Add(**record);
  profile->Finish();
  const CodeNames names((*source)->symbols(), profile->modules());
  return GroupsNamed(GroupRows(*profile, names), input.filter.objects);
}

// Finds when the heap is largest.
class PeakFinder {
 public:
  PeakFinder(const analysis::ModuleMap& modules, std::uint32_t page_size)
      : statistics_(modules, page_size) {}

  void Add(const Record& record) {
    if (const auto* process = std::get_if<ProcessRecord>(&record)) statistics_.Add(*process);
    const auto* const allocation = std::get_if<AllocationRecord>(&record);
    if (allocation == nullptr) return;
    statistics_.Add(*allocation);
    ++records_;
    const std::uint64_t peak = statistics_.heap().peak_live_bytes;
    if (peak > peak_bytes_) {
      peak_bytes_ = peak;
      peak_record_ = records_;
    }
  }
  [[nodiscard]] std::uint64_t record() const { return peak_record_; }

 private:
  analysis::AllocationStatistics statistics_;
  std::uint64_t records_ = 0;
  std::uint64_t peak_bytes_ = 0;
  std::uint64_t peak_record_ = 0;
};

// Rows of the instructions, most records first.
void MakeCode(RunPlan& plan, const AccessProfile& profile, const CodeNames& names) {
  const auto& instructions = profile.code().instructions();
  const auto& quantities = plan.survey->instructions();
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < quantities.size(); ++i) {
    if (!quantities[i].none()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return quantities[a].records() > quantities[b].records();
  });
  plan.code_of_instruction.assign(instructions.size(), 0);
  for (const std::uint32_t instruction : order) {
    const std::size_t row = std::min(plan.code.size(), RunPlan::kMostCodeRows - 1);
    plan.code_of_instruction[instruction] = static_cast<std::uint16_t>(row);
    if (plan.code.size() == RunPlan::kMostCodeRows) {
      plan.code.back().quantities.Merge(quantities[instruction]);
      continue;
    }
    CodeRow& added = plan.code.emplace_back();
    added.quantities = quantities[instruction];
    if (plan.code.size() == RunPlan::kMostCodeRows) {
      added.stack = plan.code_stacks.IdOf({});
      added.module = plan.strings.IdOf("");
      added.place = plan.strings.IdOf("(other code)");
      continue;
    }
    const analysis::CodePlace& place = instructions[instruction].place;
    std::vector<std::uint32_t> stack;
    plan.frames.AppendTo(stack, place, names);
    added.stack = plan.code_stacks.IdOf(std::move(stack));
    added.module = plan.strings.IdOf(
        place.module == 0 ? "" : std::string_view(profile.modules().module(place.module).path));
    added.place = plan.strings.IdOf(PlaceText(place, profile.modules()));
  }
}

void MakeGroups(RunPlan& plan, const AccessProfile& profile, const CodeNames& names) {
  plan.groups.emplace(GroupRows(profile, names), plan.survey->groups(),
                      [&](std::uint32_t group) { return plan.filter->AcceptsGroup(group); });
  plan.objects = std::move(plan.survey->choice()).Take();
  std::erase_if(plan.objects, [&](const ShownObject& object) {
    return plan.groups->Of(object.group) == GroupTable::kNone;
  });
  const auto group_of = [&](std::uint32_t number) -> ReportGroup& {
    return plan.groups->groups()[static_cast<std::size_t>(plan.groups->Of(number))];
  };
  // What was accessed less what is shown.
  const auto& accessed = plan.survey->accessed();
  for (std::uint32_t i = 0; i < accessed.size(); ++i) {
    if (accessed[i].objects == 0 || plan.groups->Of(i) == GroupTable::kNone) continue;
    group_of(i).folded_objects += accessed[i].objects;
    group_of(i).folded_records += accessed[i].records;
  }
  for (std::uint32_t i = 0; i < plan.objects.size(); ++i) {
    const ShownObject& object = plan.objects[i];
    if (object.number == 0) continue;
    --group_of(object.group).folded_objects;
    group_of(object.group).folded_records -= object.records;
    plan.object_of_number.emplace(object.number, i);
  }
}

AxisObject::Extent ExtentOf(const ShownObject& object, const GroupTable& groups) {
  using enum analysis::ObjectType;
  if (object.number == 0) return AxisObject::Extent::kWhole;
  switch (groups.groups()[static_cast<std::size_t>(groups.Of(object.group))].row.type) {
    case kHeap:
    case kGlobal:
    case kSection:
      return AxisObject::Extent::kWhole;
    default:
      return AxisObject::Extent::kTouched;
  }
}

void MakeAxis(RunPlan& plan) {
  std::vector<AxisObject> objects;
  objects.reserve(plan.objects.size());
  for (const ShownObject& object : plan.objects) {
    if (object.size == 0) continue;
    objects.push_back({.process = object.process,
                       .address = object.address,
                       .size = object.size,
                       .extent = ExtentOf(object, *plan.groups)});
  }
  plan.axis.emplace(plan.survey->pages().Ranges(), objects);
  for (const std::string& label : PieceLabels(*plan.axis, plan.objects, *plan.groups)) {
    plan.piece_labels.push_back(plan.strings.IdOf(label));
  }
}

void MakePlanes(RunPlan& plan) {
  const SampleRanges& ranges = plan.survey->ranges();
  plan.planes.latency = ranges.most_latency_cycles != 0;
  plan.planes.estimate = ranges.least_estimate != ranges.most_estimate;
  plan.planes.cpu_time = ranges.most_time_ns > 0;
  // Zeros alone are what a source writes that does not tell.
  if (ranges.most_estimate > 0) {
    plan.estimate_scale =
        plan.planes.estimate ? ranges.most_estimate / kLargestHalf : ranges.most_estimate;
  }
  if (plan.planes.cpu_time) plan.time_scale = ranges.most_time_ns / kLargestHalf;
}

}  // namespace

std::uint32_t RunPlan::RowOf(const analysis::Joined& joined, std::int32_t index) const {
  if (joined.object == 0) return kNoObject;
  if (index >= 0) return static_cast<std::uint32_t>(index) + 1;
  const std::int32_t group = groups->Of(joined.group);
  const std::size_t row = objects.size() + 1 + static_cast<std::size_t>(std::max(0, group));
  return group < 0 || row >= kFoldedObject ? kFoldedObject : static_cast<std::uint32_t>(row);
}

TimeBins RunPlan::Bins(std::size_t count) const {
  // Ends are outside: the last record is not.
  constexpr std::uint64_t kLatest = std::numeric_limits<std::uint64_t>::max();
  TimeBins bins{
      .begin_ns = 0, .end_ns = std::min(ledger.end_ns(), kLatest - 1) + 1, .count = count};
  if (asked.time_ns) {
    bins.begin_ns = std::min(asked.time_ns->begin, bins.end_ns - 1);
    bins.end_ns = std::clamp(asked.time_ns->end, bins.begin_ns + 1, bins.end_ns);
  }
  return bins;
}

absl::StatusOr<std::unique_ptr<RunPlan>> PlanRun(const ReportInput& input,
                                                 const ReportLimits& limits) {
  auto plan = std::make_unique<RunPlan>();
  plan->name = input.name;
  plan->asked = input.filter;
  std::optional<std::vector<bool>> wanted;
  if (!input.filter.objects.empty()) {
    auto found = FindGroups(input);
    if (!found.ok()) return found.status();
    wanted = *std::move(found);
  }
  plan->filter.emplace(input.filter, std::move(wanted));
  const std::size_t quiet = std::min(limits.quiet_objects, limits.objects / 4);
  plan->survey.emplace(*plan->filter, plan->ledger, limits.objects - quiet, quiet);

  auto opened = input.open();
  if (!opened.ok()) return opened.status();
  RecordSource& source = **opened;
  plan->header = source.header();
  const auto profile = ProfileOf(source, &*plan->survey);
  PeakFinder peak(profile->modules(), source.header().page_size_bytes);
  auto record = source.Next();
  for (; record.ok() && *record != nullptr; record = source.Next()) {
    plan->ledger.Add(**record);
    profile->Add(**record);
    peak.Add(**record);
  }
  profile->Finish();
  if (input.defect) plan->defect = input.defect(record.status(), source.extent());
  plan->recorder = source.recorder_statistics();
  plan->peak_record = peak.record();
  plan->unit = profile->unit();
  plan->ticks = profile->totals().ticks;
  plan->ticks_without_access = profile->totals().ticks_without_access;

  const CodeNames names(source.symbols(), profile->modules());
  MakeCode(*plan, *profile, names);
  MakeGroups(*plan, *profile, names);
  MakeAxis(*plan);
  MakePlanes(*plan);
  return plan;
}

}  // namespace heimdallr::report
