#include "sweep/run_report.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fmt/format.h>

#include "base/printable.h"

namespace heimdallr::sweep {
namespace {

// "exited 3 1200" -> "exited", and its numbers.
struct Line {
  std::string_view word;
  std::string_view rest;
};

Line Cut(std::string_view text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  return {.word = text.substr(0, end), .rest = text.substr(std::min(end + 1, text.size()))};
}

template <typename Value>
Value Number(std::string_view text) {
  Value value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void Take(const Line& line, RunReport& report) {
  const Line values = Cut(line.rest);
  if (line.word == "exited" || line.word == "signalled") {
    if (line.word == "exited") {
      report.exit_status = Number<int>(values.word);
    } else {
      report.signal = Number<int>(values.word);
    }
    report.wall_ns = Number<std::uint64_t>(values.rest);
  } else if (line.word == "failure") {
    report.failure = line.rest;
  } else if (line.word == "timed-out") {
    report.timed_out = true;
  } else if (line.word == "interrupted") {
    report.interrupted = true;
  } else if (line.word == "end") {
    report.kept_to_end = true;
    report.recorder_signal = Number<int>(values.word);
    report.left_behind = Number<std::uint64_t>(values.rest);
  }
}

}  // namespace

std::string ExitedLine(int exit_status, std::uint64_t wall_ns) {
  return fmt::format("exited {} {}\n", exit_status, wall_ns);
}

std::string SignalledLine(int signal, std::uint64_t wall_ns) {
  return fmt::format("signalled {} {}\n", signal, wall_ns);
}

std::string FailureLine(std::string_view message) {
  return fmt::format("failure {}\n", base::Printable(message));
}

std::string TimedOutLine() { return "timed-out\n"; }

std::string InterruptedLine() { return "interrupted\n"; }

std::string EndLine(int recorder_signal, std::uint64_t left_behind) {
  return fmt::format("end {} {}\n", recorder_signal, left_behind);
}

RunReport ParseRunReport(std::string_view text) {
  RunReport report;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Take(Cut(text.substr(0, end)), report);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return report;
}

void Tell(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(fd, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace heimdallr::sweep
