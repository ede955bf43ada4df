// A recording as a picture for the terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "analysis/record_source.h"
#include "report/terminal_plot.h"

namespace heimdallr::report {

/// Half-open.
struct PlotRange {
  std::uint64_t begin = 0;
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
};

struct PlotOptions {
  std::size_t columns = 54;  ///< characters of the picture itself, at least 1
  std::size_t lines = 20;    ///< at least 1
  PlotGlyphs glyphs = PlotGlyphs::kBraille;
  PlotInk ink = PlotInk::kPlain;
  PlotRange time_ns;
  PlotRange address;
};

struct PlottedRecording {
  TerminalPlot plot;
  std::uint64_t loads = 0;  ///< shown; a load_store counts in both, an unknown access in neither
  std::uint64_t stores = 0;
  std::uint64_t unknown = 0;
  std::uint64_t accesses = 0;
  std::uint64_t accesses_in_all = 0;  ///< of the recording
  absl::Status end;                   ///< why reading ended before the file did, or OK
  TraceExtent extent;                 ///< what was read
};

/// Reads the recording twice. Errors as those of `open`: nothing could be read. A damaged recording
/// is drawn up to where it is good.
[[nodiscard]] absl::StatusOr<PlottedRecording> PlotRecording(const analysis::OpenRecords& open,
                                                             const PlotOptions& options);

}  // namespace heimdallr::report
