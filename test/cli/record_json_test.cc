#include "cli/record_json.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

#include "sample_records.h"

namespace heimdallr::cli {
namespace {

std::string Json(const Record& record) { return Appended(AppendJson, record); }

TEST_CASE("AppendJson: an access with all its values") {
  CHECK(Json(AccessRecord{.time_ns = 1500,
                          .ip = 0x401136,
                          .address = 0x7ffe0010,
                          .tick = 12,
                          .data_source = 77,
                          .latency_cycles = 30,
                          .weight = 0.25F,
                          .pid = 4711,
                          .tid = 4712,
                          .cpu = 3,
                          .size = 8,
                          .stream = 1,
                          .kind = AccessKind::kLoadStore,
                          .direct = false}) ==
        R"({"type":"access","time_ns":1500,"pid":4711,"tid":4712,"cpu":3,"ip":"0x401136",)"
        R"("address":"0x7ffe0010","size":8,"kind":"load_store","stream":"clock","direct":false,)"
        R"("weight":0.25,"tick":12,"latency":30,"data_source":77})"
        "\n");
}

TEST_CASE("AppendJson: the period of a sample, and a change of it") {
  CHECK_THAT(Json(AccessRecord{.period = 1009}), Catch::Contains(R"("weight":1,"period":1009)"));
  CHECK(Json(PeriodRecord{.time_ns = 1,
                          .period = 1009,
                          .sample_cost_ns = 30'000,
                          .overhead = 0.25F,
                          .stream = 1}) ==
        R"({"type":"period","time_ns":1,"stream":"clock","period":1009,"sample_cost_ns":30000,)"
        R"("overhead":0.25})"
        "\n");
}

TEST_CASE("AppendJson: what an access does not know is left out") {
  CHECK(Json(AccessRecord{.time_ns = 1, .ip = 2, .address = 3, .pid = 4, .tid = 5, .stream = 9}) ==
        R"({"type":"access","time_ns":1,"pid":4,"tid":5,"cpu":0,"ip":"0x2","address":"0x3",)"
        R"("direct":true,"weight":1})"
        "\n");
}

TEST_CASE("AppendJson: an allocation with caller and stack") {
  CHECK(Json(AllocationRecord{.time_ns = 9,
                              .address = 0x55aa,
                              .size = 0,
                              .old_address = 0x44,
                              .caller = 0x401222,
                              .stack = 5,
                              .pid = 1,
                              .tid = 2,
                              .call = AllocationCall::kRealloc}) ==
        R"({"type":"allocation","time_ns":9,"pid":1,"tid":2,"call":"realloc","address":"0x55aa",)"
        R"("size":0,"old_address":"0x44","caller":"0x401222","stack":["0x401222","0x401333"]})"
        "\n");
}

TEST_CASE("AppendJson: a failed allocation has no address, a free no size") {
  CHECK(Json(AllocationRecord{.time_ns = 1,
                              .size = 99,
                              .pid = 1,
                              .tid = 1,
                              .call = AllocationCall::kOperatorNewArray}) ==
        R"({"type":"allocation","time_ns":1,"pid":1,"tid":1,"call":"operator new[]","size":99})"
        "\n");
  CHECK(Json(AllocationRecord{.time_ns = 1,
                              .address = 16,
                              .pid = 1,
                              .tid = 1,
                              .call = AllocationCall::kFree,
                              .event = AllocationEvent::kDeallocate}) ==
        R"({"type":"deallocation","time_ns":1,"pid":1,"tid":1,"call":"free","address":"0x10"})"
        "\n");
}

TEST_CASE("AppendJson: a mapping with protection and build-id") {
  CHECK(Json(MappingRecord{.time_ns = 1,
                           .address = 0x1000,
                           .size = 4096,
                           .offset = 8192,
                           .inode = 5,
                           .path = "/lib/a.so",
                           .build_id = "\x01\xab",
                           .protection = PROT_READ | PROT_EXEC,
                           .pid = 1,
                           .tid = 1}) ==
        R"({"type":"mapping","time_ns":1,"pid":1,"address":"0x1000","size":4096,"offset":8192,)"
        R"("path":"/lib/a.so","protection":"r-xp","build_id":"01ab"})"
        "\n");
}

TEST_CASE("AppendJson: processes, threads, losses, statistics and faults") {
  CHECK(
      Json(ProcessRecord{.time_ns = 1, .command = "sh", .pid = 3, .event = ProcessEvent::kExec}) ==
      R"({"type":"process","time_ns":1,"pid":3,"event":"exec","command":"sh"})"
      "\n");
  CHECK(Json(ThreadRecord{
            .time_ns = 1, .name = "w", .pid = 3, .tid = 4, .event = ThreadEvent::kName}) ==
        R"({"type":"thread","time_ns":1,"pid":3,"tid":4,"event":"name","name":"w"})"
        "\n");
  CHECK(Json(LossRecord{.time_ns = 1, .count = 7, .stream = 1, .kind = LossKind::kRingOverflow}) ==
        R"({"type":"loss","time_ns":1,"kind":"ring_overflow","count":7,"stream":"clock"})"
        "\n");
  CHECK(Json(StatisticsRecord{.time_ns = 1,
                              .wall_ns = 2,
                              .user_ns = 3,
                              .system_ns = 4,
                              .max_rss_bytes = 5,
                              .minor_faults = 6,
                              .major_faults = 7,
                              .pid = 8,
                              .exit_signal = 9}) ==
        R"({"type":"statistics","time_ns":1,"pid":8,"wall_ns":2,"user_ns":3,"system_ns":4,)"
        R"("max_rss_bytes":5,"minor_faults":6,"major_faults":7,"exit_signal":9,"source":"wait"})"
        "\n");
  CHECK(Json(FaultRecord{
            .time_ns = 1, .ip = 2, .address = 3, .pid = 4, .tid = 5, .cpu = 6, .stream = 1}) ==
        R"({"type":"fault","time_ns":1,"pid":4,"tid":5,"cpu":6,"ip":"0x2","address":"0x3",)"
        R"("stream":"clock"})"
        "\n");
}

}  // namespace
}  // namespace heimdallr::cli
