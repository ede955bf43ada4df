#include "analysis/access_profile.h"

#include <catch2/catch.hpp>

#include "profile_records.h"

namespace heimdallr::analysis {
namespace {

constexpr std::uint64_t kHeap = 0x600000;

AccessRecord OfTick(std::uint64_t tick, std::uint64_t address, AccessKind kind, float weight) {
  AccessRecord record = Load(1000 + tick, address);
  record.tick = tick;
  record.kind = kind;
  record.weight = weight;
  record.period = 1'000'000;
  return record;
}

TEST_CASE("AccessProfile: a tick's time is shared out among its records, its accesses are not") {
  Profiled trace;
  trace.Add(Malloc(1, kHeap, 64), Malloc(2, kHeap + 0x100, 64),
            OfTick(1, kHeap, AccessKind::kLoad, 0.25F),
            OfTick(1, kHeap + 0x100, AccessKind::kStore, 0.25F),
            OfTick(1, kHeap + 0x104, AccessKind::kStore, 0.25F),
            OfTick(2, kHeap, AccessKind::kLoadStore, 0.5F));
  const auto first = trace.At(kHeap)->quantities;
  const auto second = trace.At(kHeap + 0x100)->quantities;
  CHECK(first.estimated_loads == Approx(250'000 + 500'000));
  CHECK(first.estimated_stores == Approx(500'000));
  CHECK(first.time_ns == Approx(1e6 / 3 + 1e6));
  CHECK(first.loads == 1);
  CHECK(first.load_stores == 1);
  CHECK(second.estimated_stores == Approx(500'000));
  CHECK(second.time_ns == Approx(2e6 / 3));
  CHECK(trace.End().totals().ticks == 2);
  CHECK(trace.End().totals().accesses.time_ns == Approx(2e6));
  CHECK(trace.End().unit() == EstimateUnit::kAccessesPerNsOfCode);
}

TEST_CASE("AccessProfile: records without a tick are each one of their own") {
  Profiled trace;
  trace.Add(Malloc(1, kHeap, 64), OfTick(0, kHeap, AccessKind::kLoad, 1),
            OfTick(0, kHeap, AccessKind::kLoad, 1));
  CHECK(trace.End().totals().ticks == 2);
  CHECK(trace.At(kHeap)->quantities.time_ns == Approx(2e6));
}

TEST_CASE("AccessProfile: each record counts by the period in force when it was taken") {
  Profiled trace;
  AccessRecord early = OfTick(1, kHeap, AccessKind::kLoad, 1);
  early.period = 1000;
  AccessRecord late = OfTick(2, kHeap, AccessKind::kLoad, 1);
  late.period = 4000;
  trace.Add(Malloc(1, kHeap, 64), early, PeriodRecord{.time_ns = 1002, .period = 4000}, late);
  CHECK(trace.At(kHeap)->quantities.time_ns == Approx(1000 + 4000));
}

TEST_CASE("AccessProfile: hardware samples count their period as accesses, and no time") {
  Profiled trace({}, SourceKind::kPmu);
  AccessRecord sample = Load(10, kHeap + 8);
  sample.period = 20'000;
  sample.latency_cycles = 300;
  sample.data_source = (std::uint64_t{0xd} << 33) | (std::uint64_t{1} << 37);  // remote RAM
  AccessRecord quick = Load(11, kHeap);
  quick.period = 20'000;
  quick.latency_cycles = 100;
  quick.data_source = std::uint64_t{1} << 33;  // L1
  trace.Add(Malloc(1, kHeap, 64), sample, quick);
  const auto q = trace.At(kHeap)->quantities;
  CHECK(q.estimated_loads == Approx(40'000));
  CHECK(q.time_ns == 0);
  CHECK(q.latency_cycles == 400);
  CHECK(q.latency_records == 2);
  CHECK(q.data_sources.count(DataSource::kRemoteMemory) == 1);
  CHECK(q.data_sources.count(DataSource::kL1) == 1);
  CHECK(trace.End().unit() == EstimateUnit::kAccesses);
}

TEST_CASE("AccessProfile: page faults and threads are counted by object") {
  Profiled trace;
  trace.Add(Malloc(1, kHeap, 64), Load(10, kHeap), Load(11, kHeap, kPid, kPid + 1),
            Load(12, kHeap, kPid, kPid + 1),
            FaultRecord{.time_ns = 13, .address = kHeap, .pid = kPid, .tid = kPid, .stream = 2});
  CHECK(trace.At(kHeap)->quantities.faults == 1);
  CHECK(trace.At(kHeap)->quantities.threads.size() == 2);
  CHECK(trace.At(kHeap)->quantities.first_ns == 10);
  CHECK(trace.At(kHeap)->quantities.last_ns == 12);
}

TEST_CASE("AccessProfile: what objects have and what is unmatched make up all") {
  Profiled trace;
  trace.Add(Mapped(0, kHeap, 0x10000), Malloc(1, kHeap, 64));
  for (std::uint64_t i = 0; i < 300; ++i) trace.Add(Load(10 + i, kHeap + 16 * i));
  double matched = 0;
  std::uint64_t records = 0;
  for (const ObjectRow& row : trace.Rows(ObjectBy::kType)) {
    matched += row.quantities.time_ns;
    records += row.quantities.records();
  }
  const auto& between = trace.End().objects().unmatched(Unmatched::kBetweenBlocks);
  CHECK(records + between.records() == 300);
  CHECK(matched + between.time_ns == Approx(300 * 100));
}

}  // namespace
}  // namespace heimdallr::analysis
