#include "recorder/event_plan.h"

#include <catch2/catch.hpp>

#include "base/syscall_error.h"

namespace heimdallr::recorder {
namespace {

constexpr char kNoSysfs[] = "/nonexistent";

std::vector<SourceKind> Sources(const RecorderOptions& options, TickReplay replay) {
  std::vector<SourceKind> sources;
  const auto streams = PlanStreams(options, kNoSysfs, replay);
  REQUIRE(streams.ok());
  for (const PlannedStream& stream : *streams) sources.push_back(stream.info.source);
  return sources;
}

}  // namespace

TEST_CASE("PlanStreams: the clock is sampled where nothing else is asked for") {
  CHECK(Sources({}, TickReplay::kAvailable) == std::vector{SourceKind::kClock});
}

TEST_CASE("PlanStreams: page faults take the place of the clock where its ticks tell nothing") {
  CHECK(Sources({}, TickReplay::kMissing) == std::vector{SourceKind::kFaults});
  RecorderOptions both;
  both.faults = true;
  CHECK(Sources(both, TickReplay::kMissing) == std::vector{SourceKind::kFaults});
  RecorderOptions none;
  none.source = SourceChoice::kNone;
  CHECK(Sources(none, TickReplay::kMissing).empty());
}

TEST_CASE(
    "PlanStreams: a clock asked for by name that tells nothing is an error that says what does") {
  RecorderOptions clock;
  clock.source = SourceChoice::kClock;
  const auto streams = PlanStreams(clock, kNoSysfs, TickReplay::kMissing);
  REQUIRE(absl::IsUnimplemented(streams.status()));
  CHECK(base::Message(streams.status()).find("--source faults") != std::string_view::npos);
}

TEST_CASE("PlanStreams: here, the clock has registers exactly where its ticks can be replayed") {
  const bool registers = perf::CpuClockEvent({}).sample_user_registers != 0;
  CHECK(registers == (NativeTickReplay() == TickReplay::kAvailable));
}

}  // namespace heimdallr::recorder
