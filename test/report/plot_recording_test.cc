#include "report/plot_recording.h"

#include <limits>

#include <catch2/catch.hpp>

#include "recorded_run.h"

namespace heimdallr::report {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

PlottedRecording Plotted(const RecordedRun& run, const PlotOptions& options = {}) {
  auto plotted = PlotRecording(InputOf(run).open, options);
  REQUIRE(plotted.ok());
  return *std::move(plotted);
}

std::size_t Named(const PlottedRecording& plotted) {
  std::size_t named = 0;
  for (const PlotBand& band : plotted.plot.bands) named += band.label.empty() ? 0 : 1;
  return named;
}

TEST_CASE("PlotRecording: a block that ends with the address space has its name") {
  // Its end, 2^64, is no 64-bit number.
  constexpr std::uint64_t kSize = 4096;
  RecordedRun run;
  run.Add(Malloc(1, kLast - kSize + 1, kSize), Access(10, kLast - 100), Access(20, kLast - 50));
  const PlottedRecording all = Plotted(run);
  CHECK(all.accesses == 2);
  CHECK(Named(all) == 1);
  const PlottedRecording part = Plotted(run, {.address = {.begin = kLast - 200, .end = kLast}});
  CHECK(part.accesses == 2);
  CHECK(Named(part) == 1);
}

TEST_CASE("PlotRecording: an access of unknown kind is neither load nor store") {
  RecordedRun run;
  run.Add(Malloc(1, 0x600000, 4096), Access(10, 0x600000, AccessKind::kLoad),
          Access(20, 0x600000, AccessKind::kUnknown), Access(30, 0x600000, AccessKind::kLoadStore));
  const PlottedRecording plotted = Plotted(run);
  CHECK(plotted.accesses == 3);
  CHECK(plotted.loads == 2);
  CHECK(plotted.stores == 1);
}

TEST_CASE("PlotRecording: the last instant is in the picture") {
  RecordedRun run;
  run.Add(Malloc(1, 0x600000, 4096), Access(10, 0x600000), Access(1000, 0x600000));
  CHECK(Plotted(run).accesses == 2);
  RecordedRun endless;
  endless.Add(Access(kLast - 1, 0x600000), Access(kLast, 0x600000));
  CHECK(Plotted(endless).accesses == 1);  // the end of a range is outside
}

}  // namespace
}  // namespace heimdallr::report
