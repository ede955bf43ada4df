#include "cli/record_filter.h"

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

TEST_CASE("ParseTimeRange: seconds to nanoseconds, exactly") {
  CHECK(ParseTimeRange("1.5:2") == Range{1'500'000'000, 2'000'000'000});
  CHECK(ParseTimeRange("0.000000001:.5") == Range{1, 500'000'000});
  CHECK(ParseTimeRange("3:") == Range{3'000'000'000, ~0ULL});
  CHECK(ParseTimeRange(":") == Range{0, ~0ULL});
}

TEST_CASE("ParseTimeRange: refuses what is no range") {
  for (const char* text : {"", "1", "2:1", "1:1", "a:b", "-1:2", "1.0000000001:2", ".:1", "1:2:3",
                           "99999999999999999999:", "1e3:2e3", " 1:2"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseTimeRange(text));
  }
}

TEST_CASE("ParseAddressRange: decimal and hexadecimal") {
  CHECK(ParseAddressRange("0x1000:0X2000") == Range{0x1000, 0x2000});
  CHECK(ParseAddressRange("16:0x20") == Range{16, 32});
  CHECK(ParseAddressRange(":0x20") == Range{0, 32});
  for (const char* text : {"0x:1", "1000", "0x20:0x10", "zz:", "0x1ffffffffffffffff:"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseAddressRange(text));
  }
}

Record Access(std::uint64_t time_ns, std::uint64_t address, std::uint16_t size = 8) {
  return AccessRecord{.time_ns = time_ns, .address = address, .pid = 1, .tid = 2, .size = size};
}
Record Malloc(std::uint64_t address, std::uint64_t size) {
  return AllocationRecord{.address = address, .size = size, .pid = 1, .tid = 1};
}
Record Free(std::uint64_t address) {
  return AllocationRecord{
      .address = address, .pid = 1, .tid = 1, .event = AllocationEvent::kDeallocate};
}

TEST_CASE("RecordFilter: without conditions everything passes") {
  RecordFilter filter({});
  CHECK(filter.Accepts(Access(1, 2)));
  CHECK(filter.Accepts(LossRecord{}));
}

TEST_CASE("RecordFilter: time takes in the beginning, not the end") {
  RecordFilter filter({.time_ns = Range{10, 20}});
  CHECK_FALSE(filter.Accepts(Access(9, 0)));
  CHECK(filter.Accepts(Access(10, 0)));
  CHECK(filter.Accepts(Access(19, 0)));
  CHECK_FALSE(filter.Accepts(Access(20, 0)));
}

TEST_CASE("RecordFilter: processes and threads") {
  RecordFilter by_pid({.pids = {7, 1}});
  CHECK(by_pid.Accepts(Access(0, 0)));
  RecordFilter by_tid({.tids = {1}});
  CHECK_FALSE(by_tid.Accepts(Access(0, 0)));
  CHECK(by_tid.Accepts(ProcessRecord{.pid = 1}));
  CHECK_FALSE(by_tid.Accepts(StatisticsRecord{.pid = 3}));
  CHECK_FALSE(by_pid.Accepts(PeriodRecord{}));
}

TEST_CASE("RecordFilter: each type by its name") {
  const std::pair<const char*, Record> examples[] = {
      {"access", AccessRecord{}},
      {"fault", FaultRecord{}},
      {"allocation", AllocationRecord{}},
      {"deallocation", AllocationRecord{.event = AllocationEvent::kDeallocate}},
      {"mapping", MappingRecord{}},
      {"process", ProcessRecord{}},
      {"thread", ThreadRecord{}},
      {"loss", LossRecord{}},
      {"statistics", StatisticsRecord{}},
      {"period", PeriodRecord{}}};
  for (const auto& [name, own] : examples) {
    const auto type = ParseType(name);
    REQUIRE(type);
    for (const auto& [other_name, other] : examples) {
      CAPTURE(name, other_name);
      RecordFilter filter({.types = *type});
      CHECK(filter.Accepts(other) == (std::string_view(name) == other_name));
    }
  }
  CHECK_FALSE(ParseType("accesses"));
}

TEST_CASE("RecordFilter: addresses match by overlap, half-open") {
  RecordFilter filter({.address = Range{0x1000, 0x2000}});
  CHECK(filter.Accepts(Access(0, 0x1000)));
  CHECK(filter.Accepts(Access(0, 0xff9, 8)));  // its last byte is at 0x1000
  CHECK_FALSE(filter.Accepts(Access(0, 0xff8, 8)));
  CHECK_FALSE(filter.Accepts(Access(0, 0x2000)));
  CHECK(filter.Accepts(Access(0, 0x1800, 0)));
  CHECK(filter.Accepts(FaultRecord{.address = 0x1fff}));
  CHECK(filter.Accepts(MappingRecord{.address = 0x0, .size = 0x10000}));
  CHECK_FALSE(filter.Accepts(MappingRecord{.address = 0x2000, .size = 0x10000}));
  CHECK(filter.Accepts(MappingRecord{.address = 0x10, .size = ~0ULL}));
  CHECK_FALSE(filter.Accepts(ProcessRecord{}));
}

TEST_CASE("RecordFilter: the free of a block that reaches into the range is in it, once") {
  RecordFilter filter({.address = Range{0x1000, 0x2000}});
  CHECK(filter.Accepts(Malloc(0x800, 0x1000)));
  CHECK_FALSE(filter.Accepts(Malloc(0x700, 0x100)));
  CHECK(filter.Accepts(Free(0x800)));
  CHECK_FALSE(filter.Accepts(Free(0x800)));
  CHECK_FALSE(filter.Accepts(Free(0x700)));
  CHECK(filter.Accepts(Free(0x1234)));
}

}  // namespace
}  // namespace heimdallr::cli
