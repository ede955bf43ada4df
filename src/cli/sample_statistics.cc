#include "cli/sample_statistics.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/students_t.hpp>

namespace heimdallr::cli {
namespace {

double Square(double value) { return value * value; }

// Of the mean.
double VarianceOfMean(const SampleStatistics& sample) {
  return Square(*sample.deviation) / static_cast<double>(sample.count);
}

}  // namespace

double StudentQuantile975(double degrees) {
  namespace policies = boost::math::policies;
  using NoExceptions = policies::policy<policies::domain_error<policies::ignore_error>,
                                        policies::overflow_error<policies::ignore_error>,
                                        policies::evaluation_error<policies::ignore_error>>;
  const boost::math::students_t_distribution<double, NoExceptions> student(degrees);
  return boost::math::quantile(student, 0.975);
}

SampleStatistics StatisticsOf(std::span<const double> values) {
  SampleStatistics result{.count = values.size()};
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / n;
  result.minimum = *std::min_element(values.begin(), values.end());
  result.maximum = *std::max_element(values.begin(), values.end());
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += Square(value - result.mean);
  result.deviation = std::sqrt(squares / (n - 1));
  result.half_interval = StudentQuantile975(n - 1) * *result.deviation / std::sqrt(n);
  return result;
}

std::optional<Excess> ExcessOver(const SampleStatistics& base, const SampleStatistics& measured) {
  if (base.count == 0 || measured.count == 0 || base.mean <= 0) return std::nullopt;
  Excess excess{.ratio = measured.mean / base.mean - 1};
  if (!base.deviation || !measured.deviation) return excess;
  const double of_measured = VarianceOfMean(measured) / Square(base.mean);
  const double of_base = VarianceOfMean(base) * Square(measured.mean) / Square(Square(base.mean));
  const double variance = of_measured + of_base;
  if (variance <= 0) {
    excess.half_interval = 0;
    return excess;
  }
  const double degrees =
      Square(variance) / (Square(of_measured) / static_cast<double>(measured.count - 1) +
                          Square(of_base) / static_cast<double>(base.count - 1));
  excess.half_interval = StudentQuantile975(degrees) * std::sqrt(variance);
  return excess;
}

}  // namespace heimdallr::cli
