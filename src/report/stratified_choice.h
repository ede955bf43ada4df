// Which accesses are taken when there are too many for all.
#pragma once

#include <cstdint>

namespace heimdallr::report {

/// Takes about the same part of the accesses of every cell of the picture, and the first of each,
/// so that what is rare stays visible. Within a cell the n-th access is taken by chance, one of
/// each run of total / wanted, so that no pattern of the program is met again and again. Equal for
/// equal input.
class StratifiedChoice {
 public:
  StratifiedChoice(std::uint64_t total, std::uint64_t wanted)
      : fraction_(wanted >= total ? 1 : static_cast<double>(wanted) / static_cast<double>(total)) {}

  /// Whether access number `index` (from 0) of a cell is taken.
  [[nodiscard]] bool Takes(std::uint32_t cell, std::uint64_t index) const {
    if (fraction_ >= 1 || index == 0) return true;
    const auto run = static_cast<std::uint64_t>(static_cast<double>(index) * fraction_);
    return Chosen(cell, run) == index || Chosen(cell, run + 1) == index;
  }

  /// Of all accesses, apart from the first ones of the cells.
  [[nodiscard]] double fraction() const { return fraction_; }

 private:
  // The access that is taken of the cell's run of that number.
  [[nodiscard]] std::uint64_t Chosen(std::uint32_t cell, std::uint64_t run) const {
    if (run == 0) return 0;
    constexpr double kToUnit = 1.0 / (1ULL << 53U);
    const double place = static_cast<double>(Mixed(cell, run) >> 11U) * kToUnit;
    return static_cast<std::uint64_t>((static_cast<double>(run) + place) / fraction_);
  }

  // The finalizer of splitmix64.
  static std::uint64_t Mixed(std::uint64_t cell, std::uint64_t run) {
    std::uint64_t z = (cell << 32U | cell) + run * 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    return z ^ z >> 31U;
  }

  double fraction_;
};

}  // namespace heimdallr::report
