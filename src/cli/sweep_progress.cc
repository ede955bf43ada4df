#include "cli/sweep_progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/printable.h"
#include "sweep/time_left.h"

namespace heimdallr::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{250};
constexpr std::size_t kBarCells = 20;

std::size_t TerminalColumns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
  return known ? size.ws_col : 80;
}

// "04:10", or "2:04:10" from an hour on.
std::string ClockText(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const std::uint64_t hours = whole / 3600;
  const std::string rest = fmt::format("{:02}:{:02}", whole / 60 % 60, whole % 60);
  return hours == 0 ? rest : fmt::format("{}:{}", hours, rest);
}

std::size_t CountOfResults(const sweep::SweepState& state) {
  return static_cast<std::size_t>(
      std::count_if(state.runs.begin(), state.runs.end(),
                    [](const sweep::Run& run) { return sweep::IsResult(run.state); }));
}

}  // namespace

std::string SweepProgressLine(const sweep::SweepState& state, std::size_t index,
                              double running_seconds, std::size_t columns) {
  const sweep::Run& run = state.runs[index];
  const std::size_t all = state.runs.size();
  const std::size_t ended = CountOfResults(state);
  const std::size_t full = ended * kBarCells / all;
  std::string line =
      fmt::format("[{}{}] {} of {}  {} {}  {:.0f} s", std::string(full, '#'),
                  std::string(kBarCells - full, '.'), ended, all,
                  sweep::RunId(state.plan, run.what), run.what.repetition, running_seconds);
  if (const auto left = sweep::SecondsLeft(state, running_seconds)) {
    line += fmt::format("  {} left", ClockText(*left));
  }
  // The last column would make some terminals begin another line.
  if (line.size() >= columns) line.resize(columns - std::min<std::size_t>(columns, 1));
  return line;
}

std::string SweepRunLine(const sweep::SweepState& state, std::size_t index) {
  const sweep::Run& run = state.runs[index];
  const std::size_t digits = std::to_string(state.runs.size()).size();
  std::size_t name_width = 0;
  for (const sweep::Workload& workload : state.plan.workloads) {
    for (const sweep::Mode& mode : state.plan.modes) {
      name_width = std::max(name_width, workload.name.size() + mode.name.size() + 1);
    }
  }
  std::string line = fmt::format("{:>{}}/{}  {:<{}}  {:>{}}  {:<12}  {:>9.3f} s", index + 1, digits,
                                 state.runs.size(), sweep::RunId(state.plan, run.what), name_width,
                                 run.what.repetition, std::to_string(state.plan.repetitions).size(),
                                 sweep::NameOf(run.state), static_cast<double>(run.wall_ns) / 1e9);
  if (!run.reason.empty()) line += "  " + base::Printable(run.reason);
  if (run.left_behind != 0) {
    line += fmt::format("  ({} processes it left were ended)", run.left_behind);
  }
  return line;
}

std::string SweepTotals(const sweep::SweepState& state) {
  std::map<sweep::RunState, std::size_t> counts;
  for (const sweep::Run& run : state.runs) ++counts[run.state];
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [run_state, count] : counts) {
    parts.push_back(fmt::format("{} {}", count, sweep::NameOf(run_state)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

SweepProgress::SweepProgress(Show show, const sweep::SweepState& state)
    : state_(state),
      lines_(show == Show::kAll),
      terminal_(show == Show::kAll && isatty(STDERR_FILENO) != 0) {}

std::chrono::milliseconds SweepProgress::tick() const {
  return terminal_ ? kBetween : std::chrono::milliseconds(0);
}

void SweepProgress::Tick(std::size_t index, double running_seconds) {
  if (!terminal_) return;
  // ESC [ K: what the line before had more is wiped.
  fmt::print(stderr, "\r{}\x1b[K",
             SweepProgressLine(state_, index, running_seconds, TerminalColumns()));
  std::fflush(stderr);
  line_there_ = true;
}

void SweepProgress::Ended(std::size_t index) {
  if (!lines_ || (terminal_ && state_.runs[index].state == sweep::RunState::kDone)) return;
  Clear();
  fmt::print("{}\n", SweepRunLine(state_, index));
  std::fflush(stdout);
}

void SweepProgress::Clear() {
  if (!line_there_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  line_there_ = false;
}

}  // namespace heimdallr::cli
