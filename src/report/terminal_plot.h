// Time x address as text, for a bare terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heimdallr::report {

/// Accesses by time (columns) and address (rows, the lowest first), row by row.
struct DensityGrid {
  DensityGrid(std::size_t grid_columns, std::size_t grid_rows)
      : columns(grid_columns),
        rows(grid_rows),
        loads(grid_columns * grid_rows),
        stores(grid_columns * grid_rows),
        unknown(grid_columns * grid_rows) {}

  /// Accesses at an index of the grid; a load_store is in loads and in stores.
  [[nodiscard]] std::uint64_t At(std::size_t index) const {
    return loads[index] + stores[index] + unknown[index];
  }

  std::size_t columns;
  std::size_t rows;
  std::vector<std::uint64_t> loads;
  std::vector<std::uint64_t> stores;
  std::vector<std::uint64_t> unknown;  ///< it is not known whether they read or write
};

/// Rows whose addresses follow each other.
struct PlotBand {
  std::size_t first_row = 0;
  std::size_t end_row = 0;  ///< one behind the last
  std::string label;        ///< what lies there
};

/// Characters of the picture. A cell of braille has 2 x 4 dots, of ASCII one.
enum class PlotGlyphs : std::uint8_t { kBraille = 0, kAscii = 1 };
/// kColour: escape sequences of 256-colour terminals.
enum class PlotInk : std::uint8_t { kPlain = 0, kColour = 1 };

[[nodiscard]] constexpr std::size_t DotsAcross(PlotGlyphs glyphs) {
  return glyphs == PlotGlyphs::kBraille ? 2 : 1;
}
[[nodiscard]] constexpr std::size_t DotsDown(PlotGlyphs glyphs) {
  return glyphs == PlotGlyphs::kBraille ? 4 : 1;
}

struct TerminalPlot {
  DensityGrid grid;             ///< columns and rows are whole cells of the glyphs
  std::vector<PlotBand> bands;  ///< ascending rows, printable text
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  std::vector<std::uint64_t> heap_bytes;  ///< one for each cell across; empty = not known
  PlotGlyphs glyphs = PlotGlyphs::kBraille;
  PlotInk ink = PlotInk::kPlain;
};

/// Columns that stand left of the picture.
inline constexpr std::size_t kPlotMargin = 26;

/// Heap size, picture with labels, and time axis; each line is at most kPlotMargin + cells across
/// wide. In braille a dot is one access or more. How many is told on a logarithmic scale by the
/// characters of ASCII, by colours, and in braille without colours by leaving dots out, but never
/// all of a cell. Colours tell loads (blue) from stores (orange); what is both, or not known, is
/// purple.
[[nodiscard]] std::string Render(const TerminalPlot& plot);

}  // namespace heimdallr::report
