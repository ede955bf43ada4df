#include <string>

#include <catch2/catch.hpp>

#include "cli/profile_json.h"
#include "cli/profile_text.h"
#include "cli/summary_json.h"
#include "cli/summary_text.h"
#include "cli/trace_profile.h"
#include "cli/trace_summary.h"
#include "temporary_file.h"
#include "trace/trace_writer.h"

namespace heimdallr::cli {
namespace {

constexpr std::int32_t kPid = 10;
constexpr std::uint64_t kBlock = 0x600000;

// Two ticks of 1 us: one with a load and a store of a block, one with a load near address 0.
void Fill(trace::TraceWriter& writer) {
  writer.Add(ProcessRecord{.pid = kPid, .parent_pid = 1, .event = ProcessEvent::kStart});
  writer.Add(MappingRecord{.address = 0x400000,
                           .size = 0x1000,
                           .path = "/bin/solver",
                           .protection = 5,
                           .pid = kPid,
                           .tid = kPid});
  writer.Add(AllocationRecord{.time_ns = 5,
                              .address = kBlock,
                              .size = 100,
                              .caller = 0x400201,
                              .pid = kPid,
                              .tid = kPid,
                              .call = AllocationCall::kMalloc});
  AccessRecord access{.time_ns = 10,
                      .ip = 0x400100,
                      .address = kBlock + 8,
                      .tick = 1,
                      .weight = 0.5F,
                      .period = 1000,
                      .pid = kPid,
                      .tid = kPid,
                      .stream = 1,
                      .kind = AccessKind::kLoad};
  writer.Add(access);
  access.kind = AccessKind::kStore;
  writer.Add(access);
  access.time_ns = 20;
  access.tick = 2;
  access.address = 8;
  access.kind = AccessKind::kLoad;
  writer.Add(access);
  writer.AddSymbols(
      ModuleSymbols{.path = "/bin/solver",
                    .code = {{.offset = 0x100, .frames = {{"kernel", "solver.c", 12}}},
                             {.offset = 0x200, .frames = {{"make<int, \x1b[2J>", "make.c", 3}}}}});
}

TraceHeader Header() {
  TraceHeader header;
  header.pid = kPid;
  header.page_size_bytes = 4096;
  header.allocations = true;
  header.streams = {{.id = 1, .source = SourceKind::kClock, .name = "clock", .period = 1000}};
  return header;
}

void Write(const TemporaryFile& file) {
  auto writer = trace::TraceWriter::Create(file.path(), Header(), trace::Compression::kNone,
                                           trace::Overwrite::kReplace);
  REQUIRE(writer.ok());
  Fill(*writer);
  REQUIRE(writer->Finish({}).ok());
}

TEST_CASE("Objects as JSON: shares, estimates and time of one block") {
  const TemporaryFile file;
  Write(file);
  const auto trace = ProfileTrace(file.path());
  REQUIRE(trace.ok());
  auto rows = ObjectRows(*(*trace)->profile, (*trace)->names(), analysis::ObjectBy::kObject);
  fmt::memory_buffer out;
  AppendObjectsJson("t", "object", rows, FiguresOf(*(*trace)->profile), out);
  CHECK(
      fmt::to_string(out) ==
      R"({"trace":"t","by":"object","unit":"accesses_at_one_instruction_per_ns",)"
      R"("totals":{"records":3,"ticks":2,"ticks_without_access":0,"time_ns":2000,"loads":2,"stores":1,"load_stores":0,)"
      R"("estimated_loads":1000,"estimated_stores":500,"faults":0},)"
      R"("unmatched":{"records":1,"share":0.3333333333333333,"time_share":0.5,"faults":0,)"
      R"("reasons":{"null_page":1}},)"
      R"j("objects":[{"name":"make<int, \u001b[2J> (make.c:3)","type":"heap","merged":false,)j"
      R"("pid":10,"address":"0x600000","start_ns":5,"size":100,"count":1,"bytes":100,)"
      R"("mean_lifetime_ns":15,"first_ns":10,"last_ns":10,"records":2,"loads":1,"stores":1,)"
      R"("load_stores":0,"estimated_loads":500,"estimated_stores":500,)"
      R"("access_share":0.6666666666666666,"time_ns":1000,"time_share":0.5,"threads":1,)"
      R"("faults":0,"accesses_per_byte":10,)"
      R"("site":{"function":"make<int, \u001b[2J>","file":"make.c","line":3,)"
      R"("module":"/bin/solver","offset":"0x201","call":"malloc"}}]})"
      "\n");
}

TEST_CASE("Code as JSON: one function with all accesses") {
  const TemporaryFile file;
  Write(file);
  const auto trace = ProfileTrace(file.path());
  REQUIRE(trace.ok());
  auto rows = CodeRows(*(*trace)->profile, (*trace)->names(), analysis::CodeBy::kLine);
  fmt::memory_buffer out;
  AppendCodeJson("t", "line", rows, FiguresOf(*(*trace)->profile), out);
  CHECK_THAT(fmt::to_string(out),
             Catch::Contains(R"("code":[{"function":"kernel","file":"solver.c","line":12,)"
                             R"("module":"/bin/solver","offset":"0x100",)") &&
                 Catch::Contains(R"("access_share":1,"time_ns":2000,"time_share":1,)"));
}

TEST_CASE("Objects as text: names are safe for a terminal, what is missing is said") {
  const TemporaryFile file;
  Write(file);
  const auto trace = ProfileTrace(file.path());
  REQUIRE(trace.ok());
  const auto rows = ObjectRows(*(*trace)->profile, (*trace)->names(), analysis::ObjectBy::kSite);
  fmt::memory_buffer out;
  AppendObjectsText(file.path(), rows, rows.size() + 3, FiguresOf(*(*trace)->profile), out);
  const std::string text = fmt::to_string(out);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK_THAT(text, Catch::Contains("make<int, \\x1b[2J> (make.c:3)") && Catch::Contains("66.7 %") &&
                       Catch::Contains("and 3 more") &&
                       Catch::Contains("Without an object: 1 of 3 accesses (33.3 %): 1 near") &&
                       Catch::Contains("as if each instruction took 1 ns"));
}

TEST_CASE("Summary: shows what has the most accesses") {
  const TemporaryFile file;
  Write(file);
  const auto summary = SummariseTrace(file.path());
  REQUIRE(summary.ok());
  fmt::memory_buffer text;
  AppendSummaryText(*summary, text);
  CHECK_THAT(fmt::to_string(text), Catch::Contains("\nOBJECTS ") && Catch::Contains("\nCODE ") &&
                                       Catch::Contains("kernel (solver.c)"));
  fmt::memory_buffer json;
  AppendSummaryJson(*summary, json);
  CHECK_THAT(fmt::to_string(json), Catch::Contains(R"("top_objects":[{"name":"make<int)") &&
                                       Catch::Contains(R"("top_code":[{"function":"kernel")"));
}

TEST_CASE("CutInTheMiddle: keeps both ends, and whole characters") {
  CHECK(CutInTheMiddle("abcdefghij", 10) == "abcdefghij");
  CHECK(CutInTheMiddle("abcdefghijk", 10) == "abcd...ijk");
  CHECK(CutInTheMiddle("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 5) ==
        "\xc3\xa4...\xc3\xa4");
  CHECK(CutInTheMiddle("abcdef", 2) == "ab");
}

TEST_CASE("Scaled: about three digits") {
  CHECK(Scaled(0) == "0");
  CHECK(Scaled(0.5) == "0.50");
  CHECK(Scaled(999) == "999");
  CHECK(Scaled(1234) == "1.23 k");
  CHECK(Scaled(99'960'000) == "100 M");
}

}  // namespace
}  // namespace heimdallr::cli
