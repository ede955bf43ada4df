#include "cli/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/printable.h"
#include "cli/plain_text.h"

namespace heimdallr::cli {
namespace {

constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kBarCells = 20;
constexpr std::size_t kLongestName = 24;

std::size_t TerminalColumns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
  return known ? size.ws_col : 80;
}

}  // namespace

std::string ProgressLine(const std::string& what, std::uint64_t bytes, std::uint64_t total_bytes,
                         std::uint64_t records, double seconds, std::size_t columns) {
  std::string name = base::Printable(what);
  if (name.size() > kLongestName) name = "..." + name.substr(name.size() - kLongestName + 3);
  std::string line = name;
  const double part =
      total_bytes == 0
          ? 0
          : std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total_bytes));
  if (total_bytes != 0) {
    const auto full = static_cast<std::size_t>(part * kBarCells);
    line += fmt::format("  [{}{}] {:3.0f} %  {} of {}", std::string(full, '#'),
                        std::string(kBarCells - full, '.'), part * 100, Bytes(bytes),
                        Bytes(total_bytes));
  }
  if (seconds > 0.5) {
    line += fmt::format("  {:.2f} M records/s", static_cast<double>(records) / seconds / 1e6);
    if (part > 0.01) {
      const auto left = static_cast<std::uint64_t>(seconds * (1 - part) / part);
      line += fmt::format("  {:02}:{:02} left", left / 60, left % 60);
    }
  }
  // The last column would make some terminals begin another line.
  if (line.size() >= columns) line.resize(columns - std::min<std::size_t>(columns, 1));
  return line;
}

ProgressBar::ProgressBar(Show show, std::uint64_t total_bytes)
    : shown_(show == Show::kIfTerminal && isatty(STDERR_FILENO) != 0),
      total_bytes_(total_bytes),
      start_(Clock::now()),
      last_(start_) {}

void ProgressBar::Update(const std::string& what, std::uint64_t bytes, std::uint64_t records) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < kBetween) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  // ESC [ K: what the line before had more is wiped.
  fmt::print(stderr, "\r{}\x1b[K",
             ProgressLine(what, bytes, total_bytes_, records, seconds, TerminalColumns()));
  std::fflush(stderr);
  line_there_ = true;
}

void ProgressBar::Clear() {
  if (!line_there_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  line_there_ = false;
}

}  // namespace heimdallr::cli
