#include "cli/sample_statistics.h"

#include <array>
#include <cmath>

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
TEST_CASE("StudentQuantile975: is that of the printed table") {
  CHECK(StudentQuantile975(1) == Approx(12.706).epsilon(5e-5));
  CHECK(StudentQuantile975(2) == Approx(4.303).epsilon(2e-4));
  CHECK(StudentQuantile975(4) == Approx(2.776).epsilon(2e-4));
  CHECK(StudentQuantile975(10) == Approx(2.228).epsilon(3e-4));
  CHECK(StudentQuantile975(30) == Approx(2.042).epsilon(3e-4));
  CHECK(StudentQuantile975(100) == Approx(1.984).epsilon(3e-4));
  CHECK(StudentQuantile975(1e9) == Approx(1.960).epsilon(3e-4));
}

TEST_CASE("StatisticsOf: gives mean, deviation of a sample, extremes and interval") {
  const std::array values{2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0};
  const SampleStatistics s = StatisticsOf(values);
  CHECK(s.count == 8);
  CHECK(s.mean == Approx(5));
  CHECK(s.minimum == 2);
  CHECK(s.maximum == 9);
  REQUIRE(s.deviation.has_value());
  CHECK(*s.deviation == Approx(std::sqrt(32.0 / 7)));
  // 2.365 is the quantile for 7 degrees of freedom in the same table.
  REQUIRE(s.half_interval.has_value());
  CHECK(*s.half_interval == Approx(2.365 * std::sqrt(32.0 / 7 / 8)).epsilon(3e-4));
}

TEST_CASE("StatisticsOf: one value has no interval, none has nothing") {
  const std::array one{3.0};
  CHECK(StatisticsOf(one).mean == 3);
  CHECK_FALSE(StatisticsOf(one).deviation.has_value());
  CHECK_FALSE(StatisticsOf(one).half_interval.has_value());
  CHECK(StatisticsOf({}).count == 0);
}

TEST_CASE("ExcessOver: is the ratio of the means, with the interval of the delta method") {
  const std::array base_values{9.0, 10.0, 11.0};
  const std::array values{19.0, 20.0, 21.0};
  const auto excess = ExcessOver(StatisticsOf(base_values), StatisticsOf(values));
  REQUIRE(excess.has_value());
  CHECK(excess->ratio == Approx(1.0));
  // By hand: s^2 = 1 and n = 3 in both; (1/3) / 10^2 = 1/300, (1/3) 20^2 / 10^4 = 4/300; together
  // 1/60. Degrees (1/60)^2 / ((1/300)^2 / 2 + (4/300)^2 / 2) = 25 / 8.5 = 2.941, between 4.303 for
  // 2 and 3.182 for 3.
  REQUIRE(excess->half_interval.has_value());
  CHECK(*excess->half_interval > 3.182 * std::sqrt(1.0 / 60));
  CHECK(*excess->half_interval < 3.30 * std::sqrt(1.0 / 60));
}

TEST_CASE("ExcessOver: without a base there is none, of single values no interval") {
  const std::array one{3.0};
  const std::array zero{0.0};
  CHECK_FALSE(ExcessOver(StatisticsOf({}), StatisticsOf(one)).has_value());
  CHECK_FALSE(ExcessOver(StatisticsOf(zero), StatisticsOf(one)).has_value());
  const auto excess = ExcessOver(StatisticsOf(one), StatisticsOf(one));
  REQUIRE(excess.has_value());
  CHECK(excess->ratio == 0);
  CHECK_FALSE(excess->half_interval.has_value());
}

TEST_CASE("ExcessOver: values that do not vary have an interval of no width") {
  const std::array base{2.0, 2.0};
  const std::array values{3.0, 3.0};
  const auto excess = ExcessOver(StatisticsOf(base), StatisticsOf(values));
  REQUIRE(excess.has_value());
  CHECK(excess->ratio == Approx(0.5));
  CHECK(*excess->half_interval == 0);
}

}  // namespace
}  // namespace heimdallr::cli
