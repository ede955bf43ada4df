#include "report/report_page.h"

#include <catch2/catch.hpp>

#include "page_reader.h"
#include "recorded_run.h"

namespace heimdallr::report {
namespace {

constexpr std::uint64_t kHeap = 0x600000;
constexpr std::uint64_t kFar = 0x7f0000000000;

// Two blocks, one of them far away; loads and stores in turn, one load_store.
RecordedRun TwoBlocks(std::uint64_t accesses) {
  RecordedRun run;
  run.Add(Malloc(1, kHeap, 4096), Malloc(2, kFar, 1 << 20, kCode + 0x100),
          Malloc(3, kFar + (2 << 20), 1 << 22, kCode + 0x200));
  for (std::uint64_t i = 0; i < accesses; ++i) {
    const bool load = i % 2 == 0;
    run.Add(Access(100 + 10 * i, load ? kHeap + i * 8 % 4096 : kFar + i * 64 % (1 << 20),
                   load ? AccessKind::kLoad : AccessKind::kStore));
  }
  run.Add(Access(100 + 10 * accesses, kHeap, AccessKind::kLoadStore));
  return run;
}

TEST_CASE("WritePage: has the counts of every access, by group, object and in the tiles") {
  const RecordedRun run = TwoBlocks(1000);
  const std::string page = PageOf({InputOf(run)});
  CHECK(page.starts_with(kPageMark));
  const std::string json = JsonOf(page);
  CHECK(Number(json, "totals", "accesses") == 1001);
  CHECK(Number(json, "totals", "loads") == 500);
  CHECK(Number(json, "totals", "stores") == 500);
  CHECK(Number(json, "totals", "load_stores") == 1);
  CHECK(Number(json, "totals", "allocations") == 3);
  CHECK(Sum(Column(json, "groups", "loads")) == 500);
  CHECK(Sum(Column(json, "groups", "stores")) == 500);
  CHECK(Column(json, "objects", "loads") == std::vector<double>{500, 0, 0});
  CHECK(Column(json, "objects", "stores") == std::vector<double>{0, 500, 0});
  CHECK(Column(json, "objects", "load_stores") == std::vector<double>{1, 0, 0});
  // A load_store is in both.
  CHECK(TileSum(json, "loads") == 501);
  CHECK(TileSum(json, "stores") == 501);
  CHECK(Sum(Column(json, "series", "loads")) == 501);
  CHECK(Sum(Column(json, "code", "loads")) == 500);
  CHECK(Occurrences(page, kChunk) == 1);
}

TEST_CASE("WritePage: a block that was never accessed has its box") {
  const std::string json = JsonOf(PageOf({InputOf(TwoBlocks(10))}));
  CHECK(Column(json, "objects", "size") == std::vector<double>{4096, 1 << 20, 1 << 22});
  CHECK(Column(json, "objects", "number") == std::vector<double>{1, 2, 0});
  CHECK(json.find("\"0x7f0000200000\"") != std::string::npos);
}

TEST_CASE("WritePage: of too many accesses there is a sample, and all counts are exact") {
  const RecordedRun run = TwoBlocks(200'000);
  std::vector<RunSummary> runs;
  const std::string page =
      PageOf({InputOf(run)}, {.samples = 20'000, .chunk_samples = 8192}, &runs);
  const std::string json = JsonOf(page);
  CHECK_FALSE(runs[0].complete);
  CHECK(runs[0].accesses == 200'001);
  CHECK(runs[0].samples >= 20'000);
  // Each cell of the picture gives one more than its share at most.
  CHECK(runs[0].samples <= 20'000 + UsedTiles(json, "loads") + UsedTiles(json, "stores"));
  CHECK(Sum(Column(json, "chunks", "count")) == static_cast<double>(runs[0].samples));
  CHECK(TileSum(json, "loads") == 100'001);
  CHECK(Sum(Column(json, "object_bins", "loads")) == 100'000);
  CHECK(Sum(Column(json, "code_bins", "stores")) == 100'000);
  CHECK(Sum(Column(json, "code_bins", "load_stores")) == 1);
  CHECK(Sum(Column(json, "objects", "loads")) == 100'000);
  CHECK(Occurrences(page, kChunk) == Column(json, "chunks", "count").size());
}

TEST_CASE("WritePage: samples that take too much room become fewer") {
  const RecordedRun run = TwoBlocks(50'000);
  std::vector<RunSummary> runs;
  PageOf({InputOf(run)}, {.file_bytes = 2'000}, &runs);
  CHECK_FALSE(runs[0].complete);
  CHECK(runs[0].samples < 50'000);
  CHECK(runs[0].accesses == 50'001);
}

TEST_CASE("WritePage: filters keep what matches, in all counts") {
  const RecordedRun run = TwoBlocks(1000);
  ReportFilter by_time{.time_ns = Interval{100, 1100}};
  CHECK(Number(JsonOf(PageOf({InputOf(run, by_time)})), "totals", "accesses") == 100);
  ReportFilter by_address{.address = Interval{kFar, kFar + (1 << 20)}};
  const std::string far = JsonOf(PageOf({InputOf(run, by_address)}));
  CHECK(Number(far, "totals", "stores") == 500);
  CHECK(Number(far, "totals", "loads") == 0);
  CHECK(TileSum(far, "loads") == 0);
  ReportFilter by_object{.objects = {"0x401100"}};  // where the call returns to
  const std::string object = JsonOf(PageOf({InputOf(run, by_object)}));
  CHECK(Number(object, "totals", "accesses") == 500);
  CHECK(Column(object, "groups", "count") == std::vector<double>{1});
  CHECK(Sum(Column(object, "objects", "stores")) == 500);
  ReportFilter nothing{.objects = {"no such name"}};
  CHECK(Number(JsonOf(PageOf({InputOf(run, nothing)})), "totals", "accesses") == 0);
}

TEST_CASE("WritePage: objects beyond the limit are counted with their group") {
  RecordedRun run;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t time = 10 * i;
    run.Add(Malloc(time, kHeap, 64), Access(time + 1, kHeap + 8), Free(time + 2, kHeap));
  }
  const std::string json = JsonOf(PageOf({InputOf(run)}, {.objects = 40, .quiet_objects = 10}));
  CHECK(Sum(Column(json, "objects", "loads")) == 30);
  CHECK(Column(json, "groups", "loads") == std::vector<double>{100});
  CHECK(Column(json, "groups", "folded_objects") == std::vector<double>{70});
  CHECK(Column(json, "groups", "folded_records") == std::vector<double>{70});
}

TEST_CASE("WritePage: names cannot become markup") {
  RecordedRun run = TwoBlocks(10);
  run.header.command_line = {"</script><script>alert(1)</script>", "\xff\"'\n<!--",
                             std::string(10'000, '<')};
  run.header.host = "<img src=x onerror=alert(1)>";
  const std::string json = JsonOf(PageOf({InputOf(run)}));
  CHECK(json.find('<') == std::string::npos);
  CHECK(json.back() == '}');
  CHECK(Number(json, "totals", "accesses") == 11);
}

TEST_CASE("WritePage: two runs are in one page, each with its chunks") {
  const RecordedRun first = TwoBlocks(100);
  const RecordedRun second = TwoBlocks(300);
  std::vector<RunSummary> runs;
  const std::string page = PageOf({InputOf(first), InputOf(second)}, {}, &runs);
  CHECK(Occurrences(page, "data-run=\"0\"") == 1);
  CHECK(Occurrences(page, "data-run=\"1\"") == 1);
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].accesses == 301);
  // The same site has the same key in both.
  const std::string json = JsonOf(page);
  CHECK(Occurrences(json, "heap malloc") == 6);
}

TEST_CASE("WritePage: a recording without anything is a page without anything") {
  RecordedRun empty;
  const std::string json = JsonOf(PageOf({InputOf(empty)}));
  CHECK(Number(json, "totals", "records") == 0);
  CHECK(Column(json, "objects", "group").empty());
}

TEST_CASE("WritePage: the heap's size by time, and what it was made of when it was largest") {
  RecordedRun run;
  run.Add(Malloc(100, kHeap, 1000), Malloc(200, kHeap + 0x1000, 5000, kCode + 0x100),
          Free(300, kHeap + 0x1000), Malloc(400, kHeap + 0x3000, 10), Free(500, kHeap + 0x3000),
          Access(1000, kHeap));
  const std::string json = JsonOf(PageOf({InputOf(run)}));
  CHECK(Number(json, "totals", "peak_live_bytes") == 6000);
  const auto heap = Column(json, "series", "heap_bytes");
  REQUIRE(heap.size() == 2048);
  CHECK(heap[0] == 0);
  CHECK(heap[1024 / 5] == 1000);  // a tenth of the time
  CHECK(heap[2048 / 4] == 6000);
  CHECK(heap[2047] == 1000);
  CHECK(Column(json, "allocation_sites", "bytes") == std::vector<double>{5000, 1010});
  CHECK(Column(json, "allocation_sites", "at_peak_bytes") == std::vector<double>{5000, 1000});
  CHECK(Column(json, "allocation_sites", "live_bytes") == std::vector<double>{0, 1000});
  CHECK(Column(json, "allocation_sites", "temporary") == std::vector<double>{1, 1});
  CHECK(Sum(Column(json, "allocation_bins", "bytes")) == 6010);
}

TEST_CASE("PackReport: has the samples beside the page, and those of a range") {
  const RecordedRun run = TwoBlocks(10'000);
  const auto served = PackReport({InputOf(run)}, {.samples = 1000, .chunk_samples = 512}, "tool");
  REQUIRE(served.ok());
  const auto page = served->contents.page();
  REQUIRE(page.ok());
  CHECK(Occurrences(*page, kChunk) == 0);
  CHECK(JsonOf(*page).find("\"served\":true") != std::string::npos);
  CHECK(served->contents.chunk(0, 0).ok());
  CHECK(absl::IsNotFound(served->contents.chunk(0, 9999).status()));
  CHECK(absl::IsNotFound(served->contents.chunk(7, 0).status()));
  const auto range = served->contents.range(
      0, {.begin_ns = 100, .end_ns = 1100, .axis_begin = 0, .axis_end = 1 << 20});
  REQUIRE(range.ok());
  CHECK(range->description == R"({"count":100,"first_ns":100,"time_unit_ns":1,"complete":true})");
  // The lower block is the lowest piece of the axis.
  const auto second = static_cast<std::uint32_t>(Column(JsonOf(*page), "pieces", "start")[1]);
  const auto part = served->contents.range(
      0, {.begin_ns = 0, .end_ns = 1'000'000, .axis_begin = 0, .axis_end = second});
  REQUIRE(part.ok());
  CHECK(part->description.find("\"count\":5001,") != std::string::npos);
  CHECK(absl::IsNotFound(served->contents.range(1, {}).status()));
}

}  // namespace
}  // namespace heimdallr::report
