#include "analysis/loss_totals.h"

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

TEST_CASE("LossTotals: sums by kind and stream") {
  LossTotals losses;
  losses.Add({.count = 3, .stream = 1, .kind = LossKind::kNoMemoryOperand});
  losses.Add({.count = 4, .pid = 5, .stream = 1, .kind = LossKind::kNoMemoryOperand});
  losses.Add({.count = 10, .stream = 2, .kind = LossKind::kNoMemoryOperand});
  losses.Add({.count = 2, .duration_ns = 700, .kind = LossKind::kChannelStall});
  REQUIRE(losses.totals().size() == 3);
  CHECK(losses.totals()[0].count == 7);
  CHECK(losses.count(LossKind::kNoMemoryOperand) == 17);
  CHECK(losses.totals()[2].duration_ns == 700);
}

TEST_CASE("LossTotals: ticks without an address and waits are nothing missing") {
  LossTotals losses;
  CHECK_FALSE(losses.anything_missing());
  losses.Add({.count = 3, .kind = LossKind::kNoMemoryOperand});
  losses.Add({.count = 3, .kind = LossKind::kRegisterUnknown});
  losses.Add({.count = 3, .kind = LossKind::kChannelStall});
  losses.Add({.count = 0, .kind = LossKind::kRingOverflow});
  CHECK_FALSE(losses.anything_missing());
  losses.Add({.count = 1, .kind = LossKind::kRingOverflow});
  CHECK(losses.anything_missing());
}

}  // namespace
}  // namespace heimdallr::analysis
