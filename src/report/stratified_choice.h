// Which accesses are taken when there are too many for all.
#pragma once

#include <cstdint>

namespace heimdallr::report {

/// What becomes of an access.
enum class Choice : std::uint8_t {
  kLeft = 0,
  kFirst = 1,  ///< taken with certainty, as the first of its cell: stands for itself
  kOfRun = 2,  ///< taken by chance, one of a run: stands for total / wanted accesses
};

/// Takes the first access of every cell of the picture, so that what is rare stays visible, and of
/// the others one by chance of each run of total / wanted, so that no pattern of the program is met
/// again and again. Equal for equal input.
class StratifiedChoice {
 public:
  StratifiedChoice(std::uint64_t total, std::uint64_t wanted)
      : fraction_(wanted >= total ? 1 : static_cast<double>(wanted) / static_cast<double>(total)) {}

  /// Of access number `index` (from 0) of a cell.
  [[nodiscard]] Choice Of(std::uint32_t cell, std::uint64_t index) const {
    if (fraction_ >= 1) return Choice::kOfRun;
    if (index == 0) return Choice::kFirst;
    const std::uint64_t place = index - 1;
    const auto run = static_cast<std::uint64_t>(static_cast<double>(place) * fraction_);
    const bool chosen = Chosen(cell, run) == place || Chosen(cell, run + 1) == place;
    return chosen ? Choice::kOfRun : Choice::kLeft;
  }

  /// Of all accesses, apart from the first ones of the cells.
  [[nodiscard]] double fraction() const { return fraction_; }

 private:
  // The access that is taken of the cell's run of that number, behind the first of the cell.
  [[nodiscard]] std::uint64_t Chosen(std::uint32_t cell, std::uint64_t run) const {
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
