#include "export/tables.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "export/perf_script.h"
#include "export/text_rows.h"
#include "recorded.h"

namespace heimdallr::exports {
namespace {

std::string Json(Recorded& recorded, Table table, const Selection& selection = {}) {
  StringSink sink;
  const auto exported =
      WriteTable(recorded, table, selection,
                 [&](const CellTexts& texts) -> absl::StatusOr<std::unique_ptr<RowWriter>> {
                   return std::make_unique<JsonRows>(ColumnsOf(table), texts, sink);
                 });
  REQUIRE(exported.ok());
  return sink.text();
}

Recorded OneOfEach() {
  Recorded recorded;
  recorded.NameCall(kText + 0x10, {{"make", "make.c", 7}});
  recorded.NameCode(kText + 0x20, {{"inner", "walk.h", 2}, {"walk", "walk.c", 9}});
  AccessRecord access = Access(50, 0x5008, AccessKind::kLoad);
  access.latency_cycles = 33;
  access.data_source = 0x2 | (0x8 << 5);  // a load that hit L1, by linux/perf_event.h
  recorded.Add(Malloc(10, 0x5000, 100), access, Access(60, 8, AccessKind::kStore),
               FaultRecord{.time_ns = 70,
                           .ip = kText + 0x20,
                           .address = 0x5010,
                           .pid = kPid,
                           .tid = kPid,
                           .cpu = 1,
                           .stream = 1},
               Free(80, 0x5000),
               LossRecord{.time_ns = 90, .count = 4, .stream = 1, .kind = LossKind::kRingOverflow});
  return recorded;
}

Recorded ThreePlacements() {
  Recorded recorded;
  recorded.Add(
      PlacementRecord{
          .time_ns = 10, .address = 0x10000, .size = 8192, .weight = 1.5F, .node = 3, .pid = kPid},
      PlacementRecord{.time_ns = 20, .address = 0x20000, .size = 4096, .pid = kPid},
      PlacementRecord{.time_ns = 20, .address = 0x10000, .size = 4096, .pid = 101});
  return recorded;
}

}  // namespace

TEST_CASE("Tables: an access has its object, its code and what it stands for") {
  Recorded recorded = OneOfEach();
  CHECK(Json(recorded, Table::kAccesses) ==
        R"j({"time_ns":50,"pid":100,"tid":100,"cpu":0,"stream":"pmu","kind":"load",)j"
        R"j("address":"0x5008","size":8,"ip":"0x401020","direct":true,"tick":50,"period":10,)j"
        R"j("weight":1,"estimate":10,"cpu_time_ns":0,"latency_cycles":33,"data_source":258,)j"
        R"j("memory":"l1","object":1,"object_type":"heap","object_name":"make (make.c:7)",)j"
        R"j("function":"inner","file":"walk.h","line":2,"symbol":"walk","module":"/bin/prog",)j"
        R"j("module_offset":"0x1020"})j"
        "\n"
        R"j({"time_ns":60,"pid":100,"tid":100,"cpu":0,"stream":"pmu","kind":"store",)j"
        R"j("address":"0x8","size":8,"ip":"0x401020","direct":true,"tick":60,"period":10,)j"
        R"j("weight":1,"estimate":10,"cpu_time_ns":0,"unmatched":"null_page",)j"
        R"j("function":"inner","file":"walk.h","line":2,"symbol":"walk","module":"/bin/prog",)j"
        R"j("module_offset":"0x1020"})j"
        "\n");
}

TEST_CASE("Tables: a fault has its object and its code") {
  Recorded recorded = OneOfEach();
  CHECK(Json(recorded, Table::kFaults) ==
        R"j({"time_ns":70,"pid":100,"tid":100,"cpu":1,"stream":"pmu","address":"0x5010",)j"
        R"j("ip":"0x401020","object":1,"object_type":"heap","object_name":"make (make.c:7)",)j"
        R"j("function":"inner","file":"walk.h","line":2,"symbol":"walk","module":"/bin/prog",)j"
        R"j("module_offset":"0x1020"})j"
        "\n");
}

TEST_CASE("Tables: allocations and frees are rows, the former with their stack") {
  Recorded recorded = OneOfEach();
  CHECK(Json(recorded, Table::kAllocations) ==
        R"j({"time_ns":10,"pid":100,"tid":100,"event":"allocation","call":"malloc",)j"
        R"j("address":"0x5000","size":100,"caller":"0x401010","function":"make","file":"make.c",)j"
        R"j("line":7,"module":"/bin/prog","stack":"make"})j"
        "\n"
        R"j({"time_ns":80,"pid":100,"tid":100,"event":"deallocation","call":"free",)j"
        R"j("address":"0x5000"})j"
        "\n");
}

TEST_CASE("Tables: an object has its life and the sums of its accesses") {
  Recorded recorded = OneOfEach();
  CHECK(Json(recorded, Table::kObjects) ==
        R"j({"object":1,"type":"heap","name":"make (make.c:7)","pid":100,"address":"0x5000",)j"
        R"j("size":100,"start_ns":10,"end_ns":80,"call":"malloc","function":"make",)j"
        R"j("file":"make.c","line":7,"module":"/bin/prog","loads":1,"stores":0,"load_stores":0,)j"
        R"j("unknown":0,"estimated_loads":10,"estimated_stores":0,"cpu_time_ns":0,"faults":1,)j"
        R"j("latency_records":1,"latency_cycles":33,"first_ns":50,"last_ns":50,"threads":1})j"
        "\n");
}

TEST_CASE("Tables: code sums what each instruction did in the selected time") {
  Recorded recorded = OneOfEach();
  const std::string rows = Json(recorded, Table::kCode, {.time_ns = {.begin = 55, .end = 100}});
  CHECK(rows ==
        R"j({"function":"inner","file":"walk.h","line":2,"symbol":"walk","module":"/bin/prog",)j"
        R"j("module_offset":"0x1020","loads":0,"stores":1,"load_stores":0,"unknown":0,)j"
        R"j("estimated_loads":0,"estimated_stores":10,"cpu_time_ns":0,"faults":1,)j"
        R"j("latency_records":0,"latency_cycles":0,"first_ns":60,"last_ns":60,"threads":1})j"
        "\n");
}

TEST_CASE("Tables: an allocation names the memory that served it") {
  Recorded recorded;
  recorded.mutable_header().memories = {{.id = 0, .name = "node:1"}, {.id = 1, .name = "kind:hbw"}};
  AllocationRecord fast = Malloc(10, 0x5000, 100);
  fast.memory = 1;
  AllocationRecord unknown = Malloc(12, 0x7000, 100);
  unknown.memory = 9;
  AllocationRecord failed = Malloc(13, 0, 100);
  AllocationRecord freed = Free(14, 0x5000);
  recorded.Add(fast, Malloc(11, 0x6000, 100), unknown, failed, freed);
  const std::string rows = Json(recorded, Table::kAllocations);
  std::vector<std::string> memories;
  for (std::size_t at = 0; at < rows.size();) {
    const std::size_t end = rows.find('\n', at);
    const std::string row = rows.substr(at, end - at);
    const std::size_t start = row.find("\"memory\":\"");
    const std::string rest = start == std::string::npos ? "" : row.substr(start + 10);
    memories.push_back(rest.substr(0, rest.find('"')));
    at = end + 1;
  }
  CHECK(memories == std::vector<std::string>{"kind:hbw", "node:1", "", "", ""});
}

TEST_CASE("Tables: a placement is where pages lay at a time") {
  Recorded recorded = ThreePlacements();
  const Selection selection{.address = {.begin = 0x11fff, .end = 0x20000}, .pid = kPid};
  CHECK(Json(recorded, Table::kPlacements, selection) ==
        R"j({"time_ns":10,"pid":100,"address":"0x10000","size":8192,"node":3,"weight":1.5})j"
        "\n");
  recorded = ThreePlacements();
  CHECK(Json(recorded, Table::kPlacements, {.time_ns = {.begin = 15, .end = 30}, .pid = 101}) ==
        R"j({"time_ns":20,"pid":101,"address":"0x10000","size":4096,"node":0,"weight":1})j"
        "\n");
}

TEST_CASE("Tables: a loss says what it means") {
  Recorded recorded = OneOfEach();
  const std::string rows = Json(recorded, Table::kLosses);
  CHECK(rows.starts_with(R"j({"time_ns":90,"stream":"pmu","kind":"ring_overflow","count":4,)j"
                         R"j("meaning":")j"));
}

TEST_CASE("Tables: a free of a block that reaches into the addresses is selected, too") {
  Recorded recorded = OneOfEach();
  const Selection selection{.address = {.begin = 0x5010, .end = 0x5020}};
  const std::string rows = Json(recorded, Table::kAllocations, selection);
  CHECK(std::count(rows.begin(), rows.end(), '\n') == 2);
}

TEST_CASE("Tables: names lead there and back") {
  for (std::size_t i = 0; i < kTables; ++i) {
    const auto table = static_cast<Table>(i);
    CHECK(ParseTable(Name(table)) == table);
  }
  CHECK_FALSE(ParseTable("samples").has_value());
}

TEST_CASE("PerfScript: a sample is a line, its code with inlined functions, and an empty line") {
  Recorded recorded;
  recorded.mutable_header().start_monotonic_ns = 5'000'000'000;
  recorded.NameCode(kText + 0x20, {{"inner", "walk.h", 2}, {"walk", "walk.c", 9}});
  recorded.Add(Access(1'000'000'050, 0x5008, AccessKind::kLoad));
  StringSink sink;
  REQUIRE(WritePerfScript(recorded, {}, sink).ok());
  CHECK(sink.text() ==
        "prog 100/100 [000] 6.000000050:         10 mem-loads:             5008 \n"
        "\t          401020 inner (inlined)\n"
        "\t          401020 walk (/bin/prog)\n\n");
}

}  // namespace heimdallr::exports
