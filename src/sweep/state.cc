#include "sweep/state.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace heimdallr::sweep {
namespace {

constexpr std::array<std::pair<RunState, std::string_view>, 7> kNames{{
    {RunState::kPlanned, "planned"},
    {RunState::kRunning, "running"},
    {RunState::kDone, "done"},
    {RunState::kFailed, "failed"},
    {RunState::kCrashed, "crashed"},
    {RunState::kTimedOut, "timed-out"},
    {RunState::kNotRecorded, "not-recorded"},
}};

}  // namespace

std::string_view NameOf(RunState state) {
  for (const auto& [known, name] : kNames) {
    if (known == state) return name;
  }
  return "";
}

std::optional<RunState> RunStateOf(std::string_view name) {
  for (const auto& [state, known] : kNames) {
    if (known == name) return state;
  }
  return std::nullopt;
}

SweepState NewSweep(Plan plan) {
  if (!plan.seed) plan.seed = DrawSeed();
  SweepState state{.plan = std::move(plan), .sessions = {}, .runs = {}};
  for (const PlannedRun& run : OrderOf(state.plan, *state.plan.seed)) {
    state.runs.push_back({.what = run});
  }
  return state;
}

std::string RunId(const Plan& plan, const PlannedRun& run) {
  return fmt::format("{}.{}", plan.workloads[run.workload].name, plan.modes[run.mode].name);
}

}  // namespace heimdallr::sweep
