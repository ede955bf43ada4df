#include "perf/event_encoding.h"

#include <linux/hw_breakpoint.h>

#include <catch2/catch.hpp>

#include "sysfs_tree.h"

namespace heimdallr::perf {
namespace {

PmuCatalog Machine(const std::string& name) {
  return PmuCatalog::Read(std::string(HEIMDALLR_TEST_DATA) + "/sysfs/" + name).value();
}

absl::StatusOr<std::vector<EncodedEvent>> Encode(const PmuCatalog& catalog,
                                                 const std::string& text) {
  auto parsed = ParseEvent(text);
  if (!parsed.ok()) return parsed.status();
  return EncodeEvent(*parsed, catalog);
}

// Of an event that one PMU has.
EncodedEvent One(const PmuCatalog& catalog, const std::string& text) {
  auto events = Encode(catalog, text);
  INFO(text << " " << events.status().ToString());
  REQUIRE(events.ok());
  REQUIRE(events->size() == 1);
  return events->front();
}

std::string Error(const PmuCatalog& catalog, const std::string& text) {
  return std::string(Encode(catalog, text).status().message());
}

}  // namespace

// Intel SDM, event CDH umask 01H; its threshold is MSR_PEBS_LD_LAT_THRESHOLD, in config1.
TEST_CASE("EncodeEvent: terms of a named event give way to those beside it") {
  const PmuCatalog skylake = Machine("skylake");
  const auto* text = GENERATE("cpu/mem-loads,ldlat=30/", "cpu/ldlat=30,mem-loads/",
                              "cpu/event=0xcd,umask=0x1,ldlat=30/", "cpu/config=0x1cd,config1=30/",
                              "cpu/r1cd,ldlat=30/");
  CAPTURE(text);
  CHECK(One(skylake, text).words == ConfigWords{0x1cd, 30, 0, 0});
  CHECK(One(skylake, text).type == 4);
}

TEST_CASE("EncodeEvent: a bare name is found in the PMU that has it") {
  const EncodedEvent event = One(Machine("skylake"), "mem-stores:P");
  CHECK(event.pmu == "cpu");
  CHECK(event.words[0] == 0x82d0);
  CHECK(event.precise_level == 3);
  CHECK(event.least_precise_level == 1);
}

TEST_CASE("EncodeEvent: P goes as high as the PMU, p stays where it is") {
  CHECK(One(Machine("sandybridge"), "cpu/mem-loads/P").precise_level == 2);
  const EncodedEvent event = One(Machine("skylake"), "cpu/mem-loads/pp");
  CHECK(event.precise_level == 2);
  CHECK(event.least_precise_level == 2);
}

// The events of a processor that need not be this one: LIBPFM_ENCODE_INACTIVE. Intel SDM, event CDH
// umask 01H with its threshold in MSR_PEBS_LD_LAT_THRESHOLD.
TEST_CASE("EncodeEvent: raw events by the names of manuals") {
  setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
  const PmuCatalog skylake = Machine("skylake");
  const auto events =
      Encode(skylake, "pfm:skl::MEM_TRANS_RETIRED:LOAD_LATENCY:ldlat=30:precise=2:u");
  if (absl::IsUnimplemented(events.status())) {
    WARN("SKIPPED: built without libpfm4");
    return;
  }
  REQUIRE(events.ok());
  const EncodedEvent& event = events->at(0);
  CHECK(event.pmu == "cpu");
  CHECK((event.words[0] & 0xffff) == 0x1cd);
  CHECK(event.words[1] == 30);
  CHECK(event.precise_level == 2);
  CHECK((event.modifiers.user && !event.modifiers.kernel));
  CHECK(Error(skylake, "pfm:skl::NO_SUCH_EVENT").find("NO_SUCH_EVENT") != std::string::npos);
  CHECK(Error(skylake, "pfm:").find("pfm:") != std::string::npos);
}

TEST_CASE("EncodeEvent: software events need no PMU") {
  const PmuCatalog machine = Machine("vm-no-pmu");
  CHECK(One(machine, "cpu-clock").type == PERF_TYPE_SOFTWARE);
  CHECK(One(machine, "cpu-clock").words[0] == PERF_COUNT_SW_CPU_CLOCK);
  CHECK(One(machine, "page-faults:u").words[0] == PERF_COUNT_SW_PAGE_FAULTS);
  CHECK(One(machine, "page-faults:u").modifiers.user);
}

TEST_CASE("EncodeEvent: breakpoints") {
  const PmuCatalog machine = Machine("vm-no-pmu");
  const EncodedEvent event = One(machine, "mem:0x1000/8:w");
  CHECK(event.type == PERF_TYPE_BREAKPOINT);
  CHECK(event.breakpoint_address == 0x1000);
  CHECK(event.breakpoint_bytes == HW_BREAKPOINT_LEN_8);
  CHECK(event.breakpoint_kind == HW_BREAKPOINT_W);
  CHECK(One(machine, "mem:0x1000").breakpoint_kind == HW_BREAKPOINT_RW);
  CHECK(One(machine, "mem:0x1000").breakpoint_bytes == HW_BREAKPOINT_LEN_4);
  // perf_event_open(2): of an execution breakpoint the length is sizeof(long).
  CHECK(One(machine, "mem:0x1000:x").breakpoint_bytes == sizeof(long));
}

// 0x400000000 and 0x700000000 are in the header of a recording of such a machine by perf record.
TEST_CASE("EncodeEvent: generic events of cores of two kinds have their PMU's type on top") {
  const auto events = Encode(Machine("alderlake-hybrid"), "cycles:u");
  REQUIRE(events.ok());
  REQUIRE(events->size() == 2);
  CHECK(events->at(0).type == PERF_TYPE_HARDWARE);
  CHECK(events->at(0).words[0] == 0x400000000);
  CHECK(events->at(0).cpus == std::vector<int>{0, 1, 2, 3});
  CHECK(events->at(1).words[0] == 0x700000000);
  CHECK(events->at(1).cpus.front() == 4);
  CHECK(events->at(1).modifiers.user);
  CHECK(One(Machine("alderlake-hybrid"), "page-faults").type == PERF_TYPE_SOFTWARE);
  CHECK(One(Machine("skylake"), "cycles").words[0] == PERF_COUNT_HW_CPU_CYCLES);
}

TEST_CASE("EncodeEvent: a PMU that is there several times is known without its number") {
  SysfsTree tree;
  for (const char* const name : {"arm_spe_0", "arm_spe_1"}) {
    tree.With(std::string(name) + "/type", name[8] == '0' ? "9" : "10");
    tree.With(std::string(name) + "/format/load_filter", "config:33\n");
  }
  tree.With("arm_spe_x/type", "11").With("arm_spe_/type", "12");
  const PmuCatalog catalog = tree.Read();
  const auto events = Encode(catalog, "arm_spe/load_filter=1/");
  REQUIRE(events.ok());
  REQUIRE(events->size() == 2);
  CHECK(events->at(0).type == 9);
  CHECK(events->at(1).type == 10);
  CHECK(events->at(1).text == "arm_spe_1/load_filter=1/");
  CHECK(One(catalog, "arm_spe_1/load_filter=1/").type == 10);
}

TEST_CASE("EncodeEvent: a PMU without CPUs online cannot be used, others of the name can") {
  SysfsTree tree;
  tree.With("cpu_core/type", "4").With("cpu_core/events/mem-loads", "config=0x1cd");
  tree.With("cpu_atom/type", "10").With("cpu_atom/events/mem-loads", "config=0x5d0");
  tree.With("cpu_atom/cpus", "\n");
  const PmuCatalog catalog = tree.Read();
  CHECK(One(catalog, "mem-loads").pmu == "cpu_core");
  CHECK(One(catalog, "r1cd").pmu == "cpu_core");
  CHECK(One(catalog, "cycles").words[0] == 0x400000000);
  CHECK(Encode(catalog, "cpu_atom/mem-loads/").status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("EncodeEvent: period and frequency are no bits of the event") {
  const EncodedEvent event = One(Machine("skylake"), "cpu/mem-loads,period=2003,freq=99/");
  CHECK(event.period == 2003);
  CHECK(event.frequency_hz == 99);
  CHECK(event.words == ConfigWords{0x1cd, 3, 0, 0});
}

TEST_CASE("EncodeEvent: the kernel's own events take a period or a frequency, nothing else") {
  const PmuCatalog skylake = Machine("skylake");
  CHECK(One(skylake, "cpu-clock/period=100000/u").period == 100000);
  CHECK(One(skylake, "cpu-clock/period=100000/u").type == PERF_TYPE_SOFTWARE);
  CHECK(One(skylake, "cycles/freq=99/").frequency_hz == 99);
  for (const auto* text :
       {"cycles/umask=1/", "cycles/period=0/", "cycles/period/", "cycles/freq=0x100000000/"}) {
    CHECK(Error(skylake, text).find("'cycles'") != std::string::npos);
  }
}

TEST_CASE("EncodeEvent: a value left open is to be given") {
  SysfsTree tree;
  tree.With("hv/type", "9").With("hv/format/chip", "config:0-7").With("hv/format/d", "config:8-11");
  tree.With("hv/events/reads", "d=2,chip=?\n");
  CHECK(Error(tree.Read(), "hv/reads/").find("chip") != std::string::npos);
  CHECK(Error(tree.Read(), "hv/reads,chip=?/").find("chip") != std::string::npos);
  CHECK(One(tree.Read(), "hv/reads,chip=3/").words[0] == 0x203);
}

TEST_CASE("EncodeEvent: errors name the part, and what there is") {
  const PmuCatalog zen = Machine("zen4");
  CHECK(Error(zen, "nosuch/x/").find("ibs_op") != std::string::npos);
  CHECK(Error(zen, "ibs_op/ldlat=128/").find("cnt_ctl") != std::string::npos);
  CHECK(Error(zen, "nosuch").find("nosuch") != std::string::npos);
  CHECK(Error(zen, "ibs_op/cnt_ctl=2/").find("0x1") != std::string::npos);
  // 16 bits hold up to 0xffff.
  CHECK(Encode(Machine("skylake"), "cpu/mem-loads,ldlat=0xffff/").ok());
  CHECK(Error(Machine("skylake"), "cpu/mem-loads,ldlat=0x10000/").find("ldlat") !=
        std::string::npos);
  CHECK(Error(Machine("skylake"), "cpu/mem-loads,freq=0x100000000/") != "");
}

TEST_CASE("EncodeEvent: events of a file that make no sense are refused, naming them") {
  SysfsTree tree;
  const std::string text = GENERATE(as<std::string>(), "", "\n", "=,=", "event=0x1ff",
                                    "event=", "nosuch=1", "a/b", std::string(1, '\0'), "event 1");
  CAPTURE(text);
  tree.With("cpu/type", "4").With("cpu/format/event", "config:0-7").With("cpu/events/bad", text);
  CHECK(Error(tree.Read(), "cpu/bad/").find("cpu") != std::string::npos);
}

}  // namespace heimdallr::perf
