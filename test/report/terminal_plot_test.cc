#include "report/terminal_plot.h"

#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TerminalPlot Ascii(std::size_t columns, std::size_t rows) {
  return {
      .grid = DensityGrid(columns, rows), .end_ns = 1'000'000'000, .glyphs = PlotGlyphs::kAscii};
}

TEST_CASE("Render: the lowest address is at the bottom, the first time on the left") {
  TerminalPlot plot = Ascii(3, 2);
  plot.grid.loads[0] = 1;   // lowest, first
  plot.grid.stores[5] = 1;  // highest, last
  const auto lines = Lines(Render(plot));
  CHECK(lines[0].substr(kPlotMargin) == "  @");
  CHECK(lines[1].substr(kPlotMargin) == "@");
}

TEST_CASE("Render: more accesses give darker characters") {
  TerminalPlot plot = Ascii(3, 1);
  plot.grid.loads = {1, 30, 1000};
  const std::string line = Lines(Render(plot))[0].substr(kPlotMargin);
  CHECK(line.front() == '.');
  CHECK(line.back() == '@');
  CHECK(line[1] != line[0]);
  CHECK(line[1] != line[2]);
}

TEST_CASE("Render: braille shows each dot at its place") {
  TerminalPlot plot{.grid = DensityGrid(2, 4), .end_ns = 10};
  plot.grid.loads[6] = 1;  // top row, left: dot 1
  plot.grid.loads[1] = 1;  // bottom row, right: dot 8
  // U+2800 + 0x01 + 0x80 in UTF-8.
  CHECK(Lines(Render(plot))[0].find("\xe2\xa2\x81") != std::string::npos);
}

TEST_CASE("Render: labels stand at the middle of their rows, breaks are marked") {
  TerminalPlot plot = Ascii(1, 6);
  plot.bands = {{.first_row = 0, .end_row = 3, .label = "heap"},
                {.first_row = 3, .end_row = 6, .label = "stack"}};
  const auto lines = Lines(Render(plot));
  CHECK(lines[1].find("stack |") != std::string::npos);
  CHECK(lines[2].find('+') != std::string::npos);
  CHECK(lines[4].find("heap |") != std::string::npos);
}

TEST_CASE("Render: without colours there are no escape sequences, with them each line ends plain") {
  TerminalPlot plot = Ascii(2, 2);
  plot.grid.loads[0] = 5;
  plot.grid.stores[1] = 5;
  CHECK(Render(plot).find('\x1b') == std::string::npos);
  plot.ink = PlotInk::kColour;
  for (const std::string& line : Lines(Render(plot))) {
    if (const auto last = line.rfind('\x1b'); last != std::string::npos) {
      CHECK(line.substr(last, 4) == "\x1b[0m");
    }
  }
}

TEST_CASE("Render: an access of unknown kind is a dot") {
  TerminalPlot plot = Ascii(2, 1);
  plot.grid.unknown[1] = 1;
  CHECK(Lines(Render(plot))[0].substr(kPlotMargin) == " @");
}

TEST_CASE("Render: the heap's size is a line of its own with its largest value") {
  TerminalPlot plot = Ascii(4, 1);
  plot.heap_bytes = {0, 1 << 20, 3 << 20, 3 << 19};
  const auto lines = Lines(Render(plot));
  CHECK(lines[0].find("heap, at most 3.0 MiB") != std::string::npos);
  CHECK(lines[0].substr(kPlotMargin, 1) == " ");
}

}  // namespace
}  // namespace heimdallr::report
