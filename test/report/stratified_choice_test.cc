#include "report/stratified_choice.h"

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

std::uint64_t Taken(const StratifiedChoice& choice, std::uint32_t cell, std::uint64_t accesses) {
  std::uint64_t taken = 0;
  for (std::uint64_t i = 0; i < accesses; ++i) taken += choice.Of(cell, i) != Choice::kLeft ? 1 : 0;
  return taken;
}

TEST_CASE("StratifiedChoice: takes all when there is room") {
  const StratifiedChoice choice(1000, 1000);
  CHECK(Taken(choice, 3, 100) == 100);
  CHECK(choice.fraction() == 1);
}

TEST_CASE("StratifiedChoice: of each cell the first, and their share of the others") {
  const StratifiedChoice choice(10'000'000, 123'456);
  for (std::uint32_t cell = 0; cell < 200; ++cell) {
    CHECK(choice.Of(cell, 0) == Choice::kFirst);
    CHECK(Taken(choice, cell, 1) == 1);
    const std::uint64_t accesses = 5000 + 997 * cell;
    const auto share = static_cast<double>(accesses - 1) * 0.0123456;
    CHECK(static_cast<double>(Taken(choice, cell, accesses)) == Approx(1 + share).margin(1.01));
  }
}

TEST_CASE("StratifiedChoice: what is taken stands for about all accesses of small cells") {
  const StratifiedChoice choice(1'000'000, 100'000);
  double estimate = 0;
  for (std::uint32_t cell = 0; cell < 100'000; ++cell) {
    for (std::uint64_t i = 0; i < 4; ++i) {
      const Choice taken = choice.Of(cell, i);
      if (taken == Choice::kFirst) estimate += 1;
      if (taken == Choice::kOfRun) estimate += 10;
    }
  }
  CHECK(estimate == Approx(400'000).epsilon(0.02));
}

TEST_CASE("StratifiedChoice: a pattern in the accesses does not decide what is taken") {
  const StratifiedChoice choice(1'000'000, 100'000);
  std::uint64_t even = 0;
  std::uint64_t odd = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    if (choice.Of(7, i) != Choice::kLeft) ++(i % 2 == 0 ? even : odd);
  }
  CHECK(even + odd == Approx(100'000).margin(2.01));
  CHECK(static_cast<double>(even) == Approx(50'000).epsilon(0.02));
}

TEST_CASE("StratifiedChoice: is the same each time") {
  const StratifiedChoice a(1000, 10);
  const StratifiedChoice b(1000, 10);
  for (std::uint64_t i = 0; i < 1000; ++i) CHECK(a.Of(5, i) == b.Of(5, i));
}

}  // namespace
}  // namespace heimdallr::report
