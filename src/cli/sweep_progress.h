// What a sweep shows of how far it has come.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "sweep/state.h"

namespace heimdallr::cli {

/// "[#####...............] 9 of 36  bt.A.dry 3  12 s  04:10 left", `columns` wide at most: run
/// `index` has been running for `running_seconds`.
[[nodiscard]] std::string SweepProgressLine(const sweep::SweepState& state, std::size_t index,
                                            double running_seconds, std::size_t columns);

/// " 9/36  bt.A.dry  3  crashed    12.31 s  SIGSEGV ended it" of a run that has ended.
[[nodiscard]] std::string SweepRunLine(const sweep::SweepState& state, std::size_t index);

/// How many runs ended how: "34 done, 1 crashed, 1 timed-out".
[[nodiscard]] std::string SweepTotals(const sweep::SweepState& state);

/// On a terminal (standard error) a line that is written over; on standard output a line a run that
/// has ended: of all where there is no terminal, else of those that are not done.
class SweepProgress {
 public:
  enum class Show { kAll, kNothing };

  /// Borrows `state`.
  SweepProgress(Show show, const sweep::SweepState& state);
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;
  ~SweepProgress() { Clear(); }

  /// How often `Tick` is worth being called; 0 = never.
  [[nodiscard]] std::chrono::milliseconds tick() const;
  void Tick(std::size_t index, double running_seconds);
  void Ended(std::size_t index);
  /// Removes the line of the terminal, so that others can be printed.
  void Clear();

 private:
  const sweep::SweepState& state_;
  bool lines_;
  bool terminal_;
  bool line_there_ = false;
};

}  // namespace heimdallr::cli
