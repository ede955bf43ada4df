#include "report/time_bins.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST_CASE("AddEvenly: a count goes to the bins of its time") {
  const TimeBins bins{.begin_ns = 100, .end_ns = 200, .count = 10};
  Counts series(10);

  AddEvenly(10, 115, 139, bins, series);
  CHECK(series == Counts{0, 4, 3, 3, 0, 0, 0, 0, 0, 0});

  AddEvenly(7, 150, 150, bins, series);
  CHECK(series == Counts{0, 4, 3, 3, 0, 7, 0, 0, 0, 0});
}

TEST_CASE("AddEvenly: what began before the first bin, or ends before it began, is not lost") {
  const TimeBins bins{.begin_ns = 100, .end_ns = 200, .count = 2};
  Counts series(2);

  AddEvenly(5, 0, 199, bins, series);
  CHECK(series == Counts{3, 2});

  AddEvenly(1, 199, 100, bins, series);
  CHECK(series == Counts{4, 2});
}

}  // namespace
}  // namespace heimdallr::report
