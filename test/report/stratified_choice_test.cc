#include "report/stratified_choice.h"

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

std::uint64_t Taken(const StratifiedChoice& choice, std::uint32_t cell, std::uint64_t accesses) {
  std::uint64_t taken = 0;
  for (std::uint64_t i = 0; i < accesses; ++i) taken += choice.Takes(cell, i) ? 1 : 0;
  return taken;
}

TEST_CASE("StratifiedChoice: takes all when there is room") {
  const StratifiedChoice choice(1000, 1000);
  CHECK(Taken(choice, 3, 100) == 100);
  CHECK(choice.fraction() == 1);
}

TEST_CASE("StratifiedChoice: of each cell its share, and at least one") {
  const StratifiedChoice choice(10'000'000, 123'456);
  for (std::uint32_t cell = 0; cell < 200; ++cell) {
    CHECK(Taken(choice, cell, 1) == 1);
    CHECK(Taken(choice, cell, 10) == 1);
    const std::uint64_t accesses = 5000 + 997 * cell;
    const auto share = static_cast<double>(accesses) * 0.0123456;
    CHECK(static_cast<double>(Taken(choice, cell, accesses)) == Approx(share).margin(1.01));
  }
}

TEST_CASE("StratifiedChoice: a pattern in the accesses does not decide what is taken") {
  const StratifiedChoice choice(1'000'000, 100'000);
  std::uint64_t even = 0;
  std::uint64_t odd = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    if (choice.Takes(7, i)) ++(i % 2 == 0 ? even : odd);
  }
  CHECK(even + odd == Approx(100'000).margin(1.01));
  CHECK(static_cast<double>(even) == Approx(50'000).epsilon(0.02));
}

TEST_CASE("StratifiedChoice: is the same each time") {
  const StratifiedChoice a(1000, 10);
  const StratifiedChoice b(1000, 10);
  for (std::uint64_t i = 0; i < 1000; ++i) CHECK(a.Takes(5, i) == b.Takes(5, i));
}

}  // namespace
}  // namespace heimdallr::report
