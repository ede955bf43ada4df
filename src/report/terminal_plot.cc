#include "report/terminal_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace heimdallr::report {
namespace {

constexpr std::size_t kLabelWidth = kPlotMargin - 2;
constexpr std::string_view kDensityRamp = ".:-=+*#%@";
// Of the 256 colours (xterm's cube), few to many accesses. Blue and orange are told apart by
// those who confuse red and green.
constexpr std::array<int, 3> kLoadColours = {25, 33, 117};
constexpr std::array<int, 3> kStoreColours = {130, 208, 222};
constexpr std::array<int, 3> kBothColours = {96, 176, 225};

// Without colours, density is told by how many dots of a cell are set: each needs this share of
// the (logarithmic) most. Spread so that few dots are an even grey.
constexpr std::array<std::array<double, 4>, 2> kDotThresholds = {
    {{0.0, 0.5, 0.2, 0.7}, {0.6, 0.1, 0.8, 0.3}}};

// The edge of the picture: whether addresses join there.
enum class Edge : std::uint8_t { kPlain, kBreak };

struct Cell {
  unsigned dots = 0;       // bits of the braille pattern
  unsigned strongest = 0;  // the bit of the dot with the most accesses
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t most = 0;  // in one dot
};

// Bit of the dot at (x, y), y from the top, in the Unicode block Braille Patterns (U+2800).
constexpr unsigned BrailleBit(std::size_t x, std::size_t y) {
  constexpr std::array<std::array<unsigned, 4>, 2> kBits = {{{0, 1, 2, 6}, {3, 4, 5, 7}}};
  return 1U << kBits[x][y];
}

void AppendUtf8(char32_t character, std::string& out) {  // of U+0800 to U+FFFF
  out.push_back(static_cast<char>(0xe0 | (character >> 12)));
  out.push_back(static_cast<char>(0x80 | (character >> 6 & 0x3f)));
  out.push_back(static_cast<char>(0x80 | (character & 0x3f)));
}

// 0 to `levels` - 1 by the logarithm of a count that is not 0.
std::size_t Level(std::uint64_t count, std::uint64_t most, std::size_t levels) {
  if (most <= 1) return levels - 1;
  const double share = std::log(static_cast<double>(count)) / std::log(static_cast<double>(most));
  return std::min(levels - 1, static_cast<std::size_t>(share * static_cast<double>(levels)));
}

class Renderer {
 public:
  explicit Renderer(const TerminalPlot& plot)
      : plot_(plot),
        across_(plot.grid.columns / DotsAcross(plot.glyphs)),
        down_(plot.grid.rows / DotsDown(plot.glyphs)) {
    for (std::size_t i = 0; i < plot.grid.loads.size(); ++i) {
      most_ = std::max(most_, plot.grid.At(i));
    }
  }

  std::string Text() {
    AppendHeap();
    for (std::size_t line = 0; line < down_; ++line) AppendLine(line);
    AppendTimeAxis();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool ascii() const { return plot_.glyphs == PlotGlyphs::kAscii; }

  [[nodiscard]] Cell CellAt(std::size_t column, std::size_t line) const {
    const std::size_t wide = DotsAcross(plot_.glyphs);
    const std::size_t high = DotsDown(plot_.glyphs);
    Cell cell;
    for (std::size_t y = 0; y < high; ++y) {
      const std::size_t row = plot_.grid.rows - 1 - (line * high + y);
      for (std::size_t x = 0; x < wide; ++x) {
        const std::size_t at = row * plot_.grid.columns + column * wide + x;
        const std::uint64_t count = plot_.grid.At(at);
        if (count == 0) continue;
        cell.loads += plot_.grid.loads[at];
        cell.stores += plot_.grid.stores[at];
        if (!ascii()) AddDot(x, y, count, cell);
        cell.most = std::max(cell.most, count);
      }
    }
    return cell;
  }

  void AddDot(std::size_t x, std::size_t y, std::uint64_t count, Cell& cell) const {
    const double share =
        std::log1p(static_cast<double>(count)) / std::log1p(static_cast<double>(most_));
    const bool shown = plot_.ink == PlotInk::kColour || share >= kDotThresholds[x][y];
    if (shown) cell.dots |= BrailleBit(x, y);
    if (count > cell.most) cell.strongest = BrailleBit(x, y);
  }

  void AppendCell(const Cell& cell) {
    const bool colour = plot_.ink == PlotInk::kColour;
    if (cell.most == 0) {
      out_.push_back(' ');
      return;
    }
    if (colour) SetColour(ColourOf(cell));
    if (ascii()) {
      out_.push_back(kDensityRamp[Level(cell.most, most_, kDensityRamp.size())]);
    } else {
      AppendUtf8(0x2800 + (cell.dots | cell.strongest), out_);
    }
  }

  [[nodiscard]] int ColourOf(const Cell& cell) const {
    // A tenth of the other kind does not change what a cell is.
    const auto& colours = cell.stores * 10 < cell.loads   ? kLoadColours
                          : cell.loads * 10 < cell.stores ? kStoreColours
                                                          : kBothColours;
    return colours[Level(cell.most, most_, colours.size())];
  }

  void SetColour(int colour) {
    if (colour == colour_) return;
    colour_ = colour;
    out_ += colour < 0 ? std::string("\x1b[0m") : fmt::format("\x1b[38;5;{}m", colour);
  }

  void EndLine() {
    if (plot_.ink == PlotInk::kColour) SetColour(-1);
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    out_.push_back('\n');
  }

  // Right of the label: the edge of the picture, with a mark where addresses do not join.
  void AppendMargin(std::string_view label, Edge edge) {
    out_ += fmt::format("{:>{}} ", label, kLabelWidth);
    if (ascii()) {
      out_.push_back(edge == Edge::kBreak ? '+' : '|');
    } else {
      AppendUtf8(edge == Edge::kBreak ? U'\u253c' : U'\u2502', out_);
    }
  }

  void AppendLine(std::size_t line) {
    const std::size_t high = DotsDown(plot_.glyphs);
    const std::size_t first = (down_ - 1 - line) * high;
    const std::size_t end = first + high;
    std::string_view label;
    Edge edge = Edge::kPlain;
    for (const PlotBand& band : plot_.bands) {
      const std::size_t middle = (band.first_row + band.end_row - 1) / 2;
      if (middle >= first && middle < end) label = band.label;
      if (band.first_row > first && band.first_row < end) edge = Edge::kBreak;
      if (band.first_row == first && first != 0) edge = Edge::kBreak;
    }
    AppendMargin(Shortened(label), edge);
    for (std::size_t column = 0; column < across_; ++column) AppendCell(CellAt(column, line));
    EndLine();
  }

  static std::string Shortened(std::string_view label) {
    if (label.size() <= kLabelWidth) return std::string(label);
    return fmt::format("{}..", label.substr(0, kLabelWidth - 2));
  }

  void AppendHeap() {
    if (plot_.heap_bytes.empty()) return;
    const std::uint64_t peak = *std::max_element(plot_.heap_bytes.begin(), plot_.heap_bytes.end());
    AppendMargin(fmt::format("heap, at most {}", Size(peak)), Edge::kPlain);
    for (std::size_t column = 0; column < across_; ++column) {
      const std::uint64_t bytes = plot_.heap_bytes[column];
      if (bytes == 0) {
        out_.push_back(' ');
        continue;
      }
      constexpr std::size_t kSteps = 8;  // U+2581 to U+2588: one to eight eighths
      const auto step =
          std::min(kSteps - 1, static_cast<std::size_t>(static_cast<double>(bytes) /
                                                        static_cast<double>(peak) * kSteps));
      if (ascii()) {
        out_.push_back(kDensityRamp[step]);
      } else {
        AppendUtf8(static_cast<char32_t>(0x2581 + step), out_);
      }
    }
    EndLine();
  }

  void AppendTimeAxis() {
    constexpr std::size_t kEvery = 16;  // cells between ticks: room for a time
    std::string ticks;
    std::string times;
    for (std::size_t column = 0; column < across_; ++column) {
      const bool tick = column % kEvery == 0;
      if (ascii()) {
        ticks.push_back(tick ? '+' : '-');
      } else {
        AppendUtf8(tick ? U'\u253c' : U'\u2500', ticks);
      }
      if (!tick || column + kEvery / 2 > across_) continue;
      const double at = static_cast<double>(plot_.begin_ns) +
                        static_cast<double>(plot_.end_ns - plot_.begin_ns) *
                            static_cast<double>(column) / static_cast<double>(across_);
      times.resize(column, ' ');
      times += Time(at);
    }
    out_ += fmt::format("{:>{}} ", "", kLabelWidth);
    out_ += ascii() ? "+" : "\u2514";
    out_ += ticks;
    out_ += fmt::format("\n{:>{}} {}\n", "", kLabelWidth + 1, times);
  }

  static std::string Time(double ns) {
    if (ns == 0) return "0";
    if (ns < 1e6) return fmt::format("{:.1f} us", ns / 1e3);
    if (ns < 1e9) return fmt::format("{:.1f} ms", ns / 1e6);
    return fmt::format("{:.2f} s", ns / 1e9);
  }

  static std::string Size(std::uint64_t bytes) {
    static constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
  }

  const TerminalPlot& plot_;
  std::size_t across_;
  std::size_t down_;
  std::uint64_t most_ = 0;
  int colour_ = -1;
  std::string out_;
};

}  // namespace

std::string Render(const TerminalPlot& plot) { return Renderer(plot).Text(); }

}  // namespace heimdallr::report
