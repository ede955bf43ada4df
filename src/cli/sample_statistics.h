// What repeated measurements say.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace heimdallr::cli {

struct SampleStatistics {
  std::size_t count = 0;
  double mean = 0;
  double minimum = 0;
  double maximum = 0;
  /// Of the sample (n - 1); none of less than two.
  std::optional<double> deviation;
  /// The 95 % confidence interval of the mean is mean +- this, by Student's t.
  std::optional<double> half_interval;
};

/// All 0 of no values.
[[nodiscard]] SampleStatistics StatisticsOf(std::span<const double> values);

/// How much more something takes than a base, 0.05 = 5 %.
struct Excess {
  double ratio = 0;  ///< mean / base mean - 1
  /// The 95 % interval is ratio +- this; none if either was measured less than twice. The variance
  /// of the ratio of the means is that of the delta method, a being measured and b the base:
  /// (s_a^2 / n_a) / b^2 + (s_b^2 / n_b) a^2 / b^4; its degrees of freedom are Welch's and
  /// Satterthwaite's of these two terms.
  std::optional<double> half_interval;
};

/// None if the base is 0 or either was not measured.
[[nodiscard]] std::optional<Excess> ExcessOver(const SampleStatistics& base,
                                               const SampleStatistics& measured);

/// The quantile of Student's t distribution (Boost.Math) that 97.5 % lie below. `degrees` > 0.
[[nodiscard]] double StudentQuantile975(double degrees);

}  // namespace heimdallr::cli
