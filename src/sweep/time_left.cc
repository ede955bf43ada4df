#include "sweep/time_left.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace heimdallr::sweep {
namespace {

class Mean {
 public:
  void Add(double value) {
    sum_ += value;
    ++count_;
  }
  [[nodiscard]] bool known() const { return count_ != 0; }
  [[nodiscard]] double value() const { return sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  std::size_t count_ = 0;
};

struct Means {
  std::map<std::pair<std::size_t, std::size_t>, Mean> of_both;
  std::map<std::size_t, Mean> of_workload;
  Mean all;

  [[nodiscard]] double Of(const PlannedRun& run) const {
    const auto both = of_both.find({run.workload, run.mode});
    if (both != of_both.end()) return both->second.value();
    const auto workload = of_workload.find(run.workload);
    return workload != of_workload.end() ? workload->second.value() : all.value();
  }
};

}  // namespace

std::optional<double> SecondsLeft(const SweepState& state, double running_seconds) {
  Means means;
  for (const Run& run : state.runs) {
    if (!IsResult(run.state)) continue;
    const double seconds = static_cast<double>(run.wall_ns) / 1e9;
    means.of_both[{run.what.workload, run.what.mode}].Add(seconds);
    means.of_workload[run.what.workload].Add(seconds);
    means.all.Add(seconds);
  }
  if (!means.all.known()) return std::nullopt;
  double left = 0;
  for (const Run& run : state.runs) {
    if (run.state == RunState::kPlanned) left += means.Of(run.what);
    if (run.state == RunState::kRunning)
      left += std::max(0.0, means.Of(run.what) - running_seconds);
  }
  return left;
}

}  // namespace heimdallr::sweep
