// Equal parts of the time that is shown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heimdallr::report {

/// [begin_ns, end_ns) in `count` parts; what lies outside counts to the first or last.
struct TimeBins {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 1;
  std::size_t count = 1;

  [[nodiscard]] std::size_t Of(std::uint64_t time_ns) const {
    if (time_ns <= begin_ns) return 0;
    const double share = static_cast<double>(time_ns - begin_ns) /
                         static_cast<double>(std::max<std::uint64_t>(1, end_ns - begin_ns));
    return std::min(count - 1, static_cast<std::size_t>(share * static_cast<double>(count)));
  }
  [[nodiscard]] bool Holds(std::uint64_t time_ns) const {
    return time_ns >= begin_ns && time_ns < end_ns;
  }
};

/// Adds `count` to the bins from `from_ns` to `to_ns`, both included, evenly.
/// `series` has an element for each bin.
inline void AddEvenly(std::uint64_t count, std::uint64_t from_ns, std::uint64_t to_ns,
                      const TimeBins& bins, std::vector<std::uint64_t>& series) {
  const std::size_t first = std::min(bins.Of(from_ns), bins.Of(to_ns));
  const std::size_t parts = bins.Of(to_ns) - first + 1;
  for (std::size_t i = 0; i < parts; ++i) {
    series[first + i] += count / parts + (i < count % parts ? 1 : 0);
  }
}

/// The largest value of a quantity in each bin; it keeps its value until it is set again.
class LevelSeries {
 public:
  explicit LevelSeries(const TimeBins& bins) : bins_(bins), largest_(bins.count) {}

  /// From `time_ns` on. Times ascend.
  void Set(std::uint64_t time_ns, std::uint64_t value) {
    if (time_ns >= bins_.end_ns) return;
    FillTo(bins_.Of(time_ns));
    now_ = value;
    largest_[at_] = std::max(largest_[at_], value);
  }
  [[nodiscard]] std::vector<std::uint64_t> Finish() && {
    FillTo(largest_.size() - 1);
    return std::move(largest_);
  }

 private:
  void FillTo(std::size_t bin) {
    for (; at_ < bin; ++at_) {
      largest_[at_] = std::max(largest_[at_], now_);
      largest_[at_ + 1] = now_;
    }
  }

  TimeBins bins_;
  std::vector<std::uint64_t> largest_;
  std::uint64_t now_ = 0;
  std::size_t at_ = 0;
};

}  // namespace heimdallr::report
