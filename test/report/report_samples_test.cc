// What the samples, bins and tiles of a page say, against the accesses of the recording.
#include <map>

#include <catch2/catch.hpp>

#include "page_reader.h"
#include "recorded_run.h"

namespace heimdallr::report {
namespace {

constexpr std::uint64_t kHeap = 0x600000;
constexpr std::uint64_t kFar = 0x7f0000000000;
constexpr unsigned kFirstOfItsCell = 0x80;

// What the samples of each object add up to, by their weights.
std::map<std::uint32_t, double> Weighed(const std::string& page) {
  const double weight = Number(JsonOf(page), "samples", "weight");
  std::map<std::uint32_t, double> sums;
  for (const PageSample& sample : SamplesOf(page)) {
    sums[sample.object] += (sample.meta & kFirstOfItsCell) != 0 ? 1 : weight;
  }
  return sums;
}

TEST_CASE("Samples: an object of few accesses is counted for no more than it is") {
  RecordedRun run;
  run.Add(Malloc(1, kHeap, 4096), Malloc(2, kFar, 1 << 20, kCode + 0x100));
  constexpr std::uint64_t kHot = 300'000;
  for (std::uint64_t i = 0; i < kHot; ++i) {
    run.Add(Access(100 + 10 * i, kHeap + i % 8 * 8));
    if (i % 50'000 == 49'999) run.Add(Access(100 + 10 * i, kFar + i));
  }
  const auto sums = Weighed(PageOf({InputOf(run)}, {.samples = 15'000}));
  REQUIRE(sums.size() == 2);
  CHECK(sums.at(1) == Approx(kHot).epsilon(1e-6));
  CHECK(sums.at(2) == 6);
}

TEST_CASE("Samples: of objects too many to be kept they name the group") {
  RecordedRun run;
  std::map<bool, double> accesses;  // by site
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t time = 100 * i;
    const bool second = i % 4 == 0;
    run.Add(Malloc(time, kHeap, 64, second ? kCode + 0x100 : kCode));
    for (std::uint64_t k = 0; k <= i % 3; ++k) {
      run.Add(Access(time + 1 + k, kHeap + 8));
      ++accesses[second];
    }
    run.Add(Free(time + 50, kHeap));
  }
  run.Add(Access(20'000, kFar), Fault(20'001, kFar));
  const std::string page = PageOf({InputOf(run)}, {.objects = 40, .quiet_objects = 10});
  const std::string json = JsonOf(page);
  const std::vector<double> group_of = Column(json, "objects", "group");
  const std::vector<double> loads = Column(json, "groups", "loads");
  REQUIRE(group_of.size() == 30);
  REQUIRE(loads.size() == 2);
  CHECK(loads == std::vector<double>{accesses[false], accesses[true]});
  std::vector<double> by_group(2);
  std::vector<double> apart(2);
  double without = 0;
  for (const PageSample& sample : SamplesOf(page)) {
    if (sample.object == 0) {
      ++without;
    } else if (sample.object <= group_of.size()) {
      ++by_group[static_cast<std::size_t>(group_of[sample.object - 1])];
      ++apart[static_cast<std::size_t>(group_of[sample.object - 1])];
    } else {
      ++by_group.at(sample.object - 1 - group_of.size());
    }
  }
  CHECK(by_group == loads);
  CHECK(apart != loads);
  CHECK(without == 1);
  CHECK(Column(json, "faults", "object") == std::vector<double>{-1});
}

TEST_CASE("Samples: an access in the last nanosecond is before the end") {
  RecordedRun run;
  run.Add(Malloc(1, kHeap, 4096), Access(500, kHeap), Access(1000000, kHeap + 8));
  const std::string page = PageOf({InputOf(run)});
  const std::string json = JsonOf(page);
  CHECK(json.find("\"begin_ns\":0,\"end_ns\":1000001,") != std::string::npos);
  const auto served = PackReport({InputOf(run)}, {}, "tool");
  REQUIRE(served.ok());
  const auto range = served->contents.range(
      0, {.begin_ns = 1000000, .end_ns = 1000001, .axis_begin = 0, .axis_end = 1 << 20});
  REQUIRE(range.ok());
  CHECK(range->description.starts_with("{\"count\":1,\"first_ns\":1000000,"));
  CHECK(Column(json, "series", "loads").back() == 1);
}

TEST_CASE("Samples: accesses of unknown kind are apart in every count") {
  RecordedRun run;
  run.Add(Malloc(1, kHeap, 4096));
  for (std::uint64_t i = 0; i < 4000; ++i) {
    AccessRecord access = Access(100 + i, kHeap + i % 64 * 8, static_cast<AccessKind>(i % 4));
    access.latency_cycles = 10;
    run.Add(access);
  }
  const std::string json = JsonOf(PageOf({InputOf(run)}, {.samples = 100}));
  // A load_store is in loads and in stores, unless it has a column.
  for (const char* const place : {"series", "thread_groups", "latency"}) {
    CHECK(Sum(Column(json, place, "loads")) == 2000);
    CHECK(Sum(Column(json, place, "stores")) == 2000);
    CHECK(Sum(Column(json, place, "unknown")) == 1000);
  }
  for (const char* const place : {"groups", "objects", "code", "object_bins", "code_bins"}) {
    for (const char* const kind : {"loads", "stores", "load_stores", "unknown"}) {
      CHECK(Sum(Column(json, place, kind)) == 1000);
    }
  }
  CHECK(TileSum(json, "loads") == 2000);
  CHECK(TileSum(json, "stores") == 2000);
  CHECK(TileSum(json, "unknown") == 1000);
}

TEST_CASE("Samples: estimates are unknown where no record says what it stands for") {
  RecordedRun run;
  run.Add(Malloc(1, kHeap, 4096));
  for (std::uint64_t i = 0; i < 3; ++i) {
    AccessRecord access = Access(100 + i, kHeap);
    access.weight = 0;
    run.Add(access);
  }
  const std::string json = JsonOf(PageOf({InputOf(run)}));
  CHECK(Number(json, "totals", "estimated_loads") == 0);
  CHECK(json.find("\"estimate_scale\":null") != std::string::npos);
  run.Add(Access(200, kHeap));
  CHECK(JsonOf(PageOf({InputOf(run)})).find("\"estimate_scale\":null") == std::string::npos);
}

TEST_CASE("Bins: have the groups that are accessed most, whenever these came to be") {
  constexpr std::uint64_t kSites = 5000;
  RecordedRun run;
  for (std::uint64_t i = 0; i < kSites; ++i) {
    run.Add(Malloc(10 * i, kHeap + 64 * i, 64, kCode + 16 * i), Access(10 * i + 1, kHeap + 64 * i));
  }
  constexpr std::uint64_t kHot = 2000;
  for (std::uint64_t i = 0; i < kHot; ++i) {
    run.Add(Access(10 * kSites + i, kHeap + 64 * (kSites - 1)));
  }
  const std::string json = JsonOf(PageOf({InputOf(run)}, {.samples = 500}));
  CHECK(Column(json, "groups", "loads").front() == kHot + 1);
  const std::vector<double> index = Column(json, "object_bins", "index");
  const std::vector<double> loads = Column(json, "object_bins", "loads");
  double hottest = 0;
  for (std::size_t i = 0; i < index.size(); ++i) hottest += index[i] == 0 ? loads[i] : 0;
  CHECK(hottest == kHot + 1);
}

TEST_CASE("WritePage: very many allocation sites take a bounded part of the page") {
  constexpr std::uint64_t kSites = 30'000;
  RecordedRun run;
  std::uint64_t bytes = 0;
  for (std::uint64_t round = 0; round < 10; ++round) {
    for (std::uint64_t i = 0; i < kSites; ++i) {
      const std::uint64_t size = i % 3000 == 0 ? 1 << 20 : 16;
      const std::uint64_t at = kFar + ((round * kSites + i) << 21);
      run.Add(Malloc(round * kSites + i, at, size, kCode + 16 * i));
      bytes += size;
    }
  }
  const std::string json = JsonOf(PageOf({InputOf(run)}));
  const std::vector<double> site = Column(json, "allocation_bins", "site");
  CHECK(site.size() <= 200'000 + 256);
  CHECK(Sum(Column(json, "allocation_bins", "bytes")) == static_cast<double>(bytes));
  CHECK(Sum(Column(json, "allocation_bins", "allocations")) == 10 * kSites);
  CHECK(site.front() == -1);
  // The largest are apart: ten sites with ten allocations each.
  const std::vector<double> allocations = Column(json, "allocation_bins", "allocations");
  double largest = 0;
  for (std::size_t i = 0; i < site.size(); ++i) {
    if (site[i] >= 0 && site[i] < 10) largest += allocations[i];
  }
  CHECK(largest == 100);
}

TEST_CASE("WritePage: what a loss says begins with what is counted") {
  RecordedRun run;
  run.Add(LossRecord{.time_ns = 5, .count = 12, .stream = 1, .kind = LossKind::kUnknown},
          LossRecord{.time_ns = 6, .count = 3, .stream = 1, .kind = LossKind::kNoMemoryOperand},
          LossRecord{.time_ns = 7, .count = 3, .stream = 1, .kind = LossKind::kVectorIndex});
  const std::string json = JsonOf(PageOf({InputOf(run)}));
  for (const char* const subject :
       {"losses of a kind", "ticks in code", "replayed accesses with"}) {
    CHECK(json.find(std::string("\"text\":\"") + subject) != std::string::npos);
  }
}

}  // namespace
}  // namespace heimdallr::report
