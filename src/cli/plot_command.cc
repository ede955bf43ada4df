#include "cli/plot_command.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/output.h"
#include "cli/plain_text.h"
#include "cli/profile_text.h"
#include "cli/record_filter.h"
#include "report/plot_recording.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kName = "trace-dump plot";
constexpr const char* kDescription = "Draws the accesses in the terminal: time across, address up.";
constexpr const char* kExamples = R"(
Addresses that nobody accesses are left out; a mark at the edge (a cross) says where. Names
at the left are of what was accessed there: variables, and blocks by the line that allocated them.
On a terminal loads are blue, stores orange, both violet. NO_COLOR switches colours off.
Examples:
  trace-dump plot solver.4711.htrace
  trace-dump plot --time 1.5:2 --height 40 solver.4711.htrace)";

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kUsualHeight = 24;
constexpr std::size_t kLeastWidth = report::kPlotMargin + 10;
constexpr std::size_t kMostSize = 1000;
// Lines around the picture: title, heap, axis, times, totals, prompt.
constexpr std::size_t kOtherLines = 6;

struct Options {
  std::string path;
  std::string run;
  std::string time;
  std::string address;
  std::optional<std::size_t> width;
  std::optional<std::size_t> height;
  bool ascii = false;
};

struct Size {
  std::size_t width = kUsualWidth;
  std::size_t height = kUsualHeight;
};

Size TerminalSize() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {};
  return {window.ws_col, window.ws_row};
}

bool LocaleIsUtf8() {
  std::setlocale(LC_CTYPE, "");
  const bool utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  std::setlocale(LC_CTYPE, "C");
  return utf8;
}

bool WantsColour() {
  const char* no_colour = std::getenv("NO_COLOR");  // https://no-color.org
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0') &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::optional<std::string> MakeRanges(const Options& options, report::PlotOptions& plot) {
  if (!options.time.empty()) {
    const auto range = ParseTimeRange(options.time);
    if (!range) {
      return fmt::format("--time: '{}' is no range of seconds such as 1.5:2 or 3:", options.time);
    }
    plot.time_ns = {range->begin, range->end};
  }
  if (!options.address.empty()) {
    const auto range = ParseAddressRange(options.address);
    if (!range) {
      return fmt::format("--address: '{}' is no range such as 0x1000:0x2000", options.address);
    }
    plot.address = {range->begin, range->end};
  }
  return std::nullopt;
}

report::PlotOptions PlotOptionsOf(const Options& options) {
  const Size terminal = TerminalSize();
  const std::size_t width =
      std::clamp(options.width.value_or(terminal.width), kLeastWidth, kMostSize);
  const std::size_t height =
      std::clamp(options.height.value_or(terminal.height), kOtherLines + 1, kMostSize);
  report::PlotOptions plot;
  plot.columns = width - report::kPlotMargin;
  plot.lines = height - kOtherLines;
  plot.glyphs =
      options.ascii || !LocaleIsUtf8() ? report::PlotGlyphs::kAscii : report::PlotGlyphs::kBraille;
  plot.ink = WantsColour() ? report::PlotInk::kColour : report::PlotInk::kPlain;
  return plot;
}

std::string Title(const TraceHeader& header) {
  std::string command;
  for (const std::string& word : header.command_line) {
    command += (command.empty() ? "" : " ") + word;
  }
  return base::Printable(command);
}

std::string Totals(const report::PlottedRecording& plotted) {
  std::string text =
      fmt::format("{} sampled: {}, {}", Count(plotted.accesses, "access", "accesses"),
                  Count(plotted.loads, "load", "loads"), Count(plotted.stores, "store", "stores"));
  const std::uint64_t both = plotted.loads + plotted.stores - (plotted.accesses - plotted.unknown);
  if (both != 0) text += fmt::format(" ({} both)", Grouped(both));
  if (plotted.unknown != 0) text += fmt::format(", {} of unknown kind", Grouped(plotted.unknown));
  if (plotted.accesses != plotted.accesses_in_all) {
    text += fmt::format(" (of {} in all)", Grouped(plotted.accesses_in_all));
  }
  return text;
}

int Plot(const Options& options, const report::PlotOptions& plot_options) {
  RecordingChoice choice;
  if (!options.run.empty()) choice.run = options.run;
  TraceHeader header;
  const analysis::OpenRecords open =
      [&]() -> absl::StatusOr<std::unique_ptr<analysis::RecordSource>> {
    auto source = OpenRecording(options.path, choice);
    if (source.ok()) header = (*source)->header();
    return source;
  };
  const auto plotted = PlotRecording(open, plot_options);
  if (!plotted.ok()) {
    PrintError(std::string(base::Message(plotted.status())));
    return kFailure;
  }
  Output output(STDOUT_FILENO);
  fmt::format_to(std::back_inserter(output.buffer()), "{}\n",
                 CutInTheMiddle(Title(header), plot_options.columns + report::kPlotMargin));
  if (plotted->accesses == 0) {
    fmt::format_to(std::back_inserter(output.buffer()), "no accesses to draw ({} in all)\n",
                   Grouped(plotted->accesses_in_all));
  } else {
    fmt::format_to(std::back_inserter(output.buffer()), "{}{}\n", Render(plotted->plot),
                   Totals(*plotted));
  }
  output.Flush();
  if (!output.status().ok()) {
    PrintError(std::string(base::Message(output.status())));
    return kFailure;
  }
  const auto defect = DefectOf(RecordingTitle(options.path, choice), plotted->end, plotted->extent);
  if (!defect) return kSuccess;
  PrintError(*defect);
  return kFailure;
}

}  // namespace

int PlotCommand(const std::vector<std::string>& arguments) {
  Options options;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump plot [options] FILE");
  app.footer(kExamples);
  app.add_option("FILE", options.path, "Trace file or database")->required();
  app.add_option("--run", options.run, "Which run of a database")->option_text("ID");
  app.add_option("--time", options.time, "Only this time, in seconds; either end may be left out")
      ->option_text("A:B");
  app.add_option("--address", options.address,
                 "Only this range of addresses; either end may be left out")
      ->option_text("A:B");
  app.add_option("--width", options.width, "Characters across; by default the terminal's, or 80")
      ->option_text("N")
      ->check(CLI::Range(kLeastWidth, kMostSize));
  app.add_option("--height", options.height, "Lines in all; by default the terminal's, or 24")
      ->option_text("N")
      ->check(CLI::Range(kOtherLines + 1, kMostSize));
  app.add_flag("--ascii", options.ascii, "Plain characters, darker where there are more accesses");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  report::PlotOptions plot = PlotOptionsOf(options);
  if (const auto wrong = MakeRanges(options, plot)) return WrongUse(kName, *wrong);
  return Plot(options, plot);
}

}  // namespace heimdallr::cli
