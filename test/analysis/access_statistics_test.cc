#include "analysis/access_statistics.h"

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

AccessRecord Access(std::uint8_t stream, std::uint64_t tick, AccessKind kind, bool direct = true,
                    float weight = 1) {
  return {.tick = tick, .weight = weight, .stream = stream, .kind = kind, .direct = direct};
}

TEST_CASE("AccessStatistics: counts by stream, kind and direct or replayed") {
  AccessStatistics statistics;
  statistics.Add(Access(1, 1, AccessKind::kLoad));
  statistics.Add(Access(1, 1, AccessKind::kStore, false, 0.25F));
  statistics.Add(Access(1, 1, AccessKind::kStore, false, 0.5F));
  statistics.Add(Access(2, 1, AccessKind::kLoadStore));
  const StreamStatistics& one = statistics.stream(1);
  CHECK(one.accesses() == 3);
  CHECK(one.direct_accesses() == 1);
  CHECK(one.accesses(AccessKind::kLoad) == 1);
  CHECK(one.accesses(AccessKind::kStore) == 2);
  CHECK(one.replayed[static_cast<std::size_t>(AccessKind::kStore)].estimate == 0.75);
  CHECK(statistics.stream(2).accesses(AccessKind::kLoadStore) == 1);
  CHECK(statistics.stream(3).accesses() == 0);
  CHECK(statistics.highest_stream() == 2);
}

TEST_CASE("AccessStatistics: an estimate weighs by the period in force") {
  AccessStatistics statistics;
  AccessRecord access = Access(1, 1, AccessKind::kLoad, true, 0.5F);
  access.period = 1000;
  statistics.Add(access);
  access.tick = 2;
  access.period = 4000;
  statistics.Add(access);
  const StreamStatistics& stream = statistics.stream(1);
  CHECK(stream.direct[static_cast<std::size_t>(AccessKind::kLoad)].estimate == 2500);
  CHECK(stream.shortest_period == 1000);
  CHECK(stream.longest_period == 4000);
}

TEST_CASE("AccessStatistics: the records of one tick are one tick") {
  AccessStatistics statistics;
  for (const std::uint64_t tick : {1, 1, 1, 2, 5, 5}) {
    statistics.Add(Access(1, tick, AccessKind::kLoad));
    statistics.Add(Access(2, 9, AccessKind::kLoad));
  }
  CHECK(statistics.stream(1).ticks_with_access == 3);
  CHECK(statistics.stream(2).ticks_with_access == 1);
}

TEST_CASE("AccessStatistics: latency counts where it was measured; faults are no accesses") {
  AccessStatistics statistics;
  AccessRecord measured = Access(1, 1, AccessKind::kLoad);
  measured.latency_cycles = 40;
  statistics.Add(measured);
  statistics.Add(Access(1, 2, AccessKind::kLoad));
  statistics.Add(FaultRecord{.stream = 2});
  CHECK(statistics.stream(1).latency_records == 1);
  CHECK(statistics.stream(1).latency_cycles == 40);
  CHECK(statistics.stream(2).faults == 1);
  CHECK(statistics.stream(2).accesses() == 0);
}

TEST_CASE("AccessStatistics: a kind that is not known is counted as such") {
  AccessStatistics statistics;
  statistics.Add(Access(255, 1, static_cast<AccessKind>(200)));
  CHECK(statistics.stream(255).accesses(AccessKind::kUnknown) == 1);
}

}  // namespace
}  // namespace heimdallr::analysis
