// Machines of which there is no tree in test/data/sysfs: what their drivers print is taken from the
// kernel's sources, arch/x86/events/intel/core.c and amd/ibs.c, arch/powerpc/perf/power8-pmu.c,
// drivers/perf/arm_spe_pmu.c. The others are tested by test/system/test_events.py.
#include "perf/machine_events.h"

#include <catch2/catch.hpp>

#include "sysfs_tree.h"

namespace heimdallr::perf {
namespace {

constexpr std::uint32_t kLatency = 30;

void AddIntel(SysfsTree& tree, const std::string& pmu, const char* type, const char* loads,
              const char* stores) {
  tree.With(pmu + "/type", type).With(pmu + "/format/event", "config:0-7\n");
  tree.With(pmu + "/format/umask", "config:8-15\n").With(pmu + "/format/ldlat", "config1:0-15\n");
  tree.With(pmu + "/caps/max_precise", "3\n").With(pmu + "/events/mem-loads", loads);
  if (stores != nullptr) tree.With(pmu + "/events/mem-stores", stores);
}

MachineMemoryEvents Find(const SysfsTree& tree) { return FindMemoryEvents(tree.Read(), kLatency); }

}  // namespace

TEST_CASE("FindMemoryEvents: Ice Lake samples loads at level 3") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4\n", "event=0xcd,umask=0x1,ldlat=3\n", "event=0xd0,umask=0x82\n");
  tree.With("cpu/format/frontend", "config1:0-23\n");
  const MachineMemoryEvents found = Find(tree);
  REQUIRE(found.cores.size() == 1);
  CHECK(found.source == MemorySource::kPebs);
  CHECK(found.cores[0].load->event.words == ConfigWords{0x1cd, kLatency, 0, 0});
  CHECK(found.cores[0].load->event.precise_level == 3);
  CHECK(!found.cores[0].load->leader);
  CHECK(found.cores[0].store->event.words[0] == 0x82d0);
  CHECK(found.cores[0].store->event.precise_level == 3);
  CHECK(!found.cores[0].load_store);
}

TEST_CASE("FindMemoryEvents: Granite Rapids needs no leader and samples loads at level 2") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0xcd,umask=0x1,ldlat=3\n", "event=0xcd,umask=0x2\n");
  tree.With("cpu/format/frontend", "config1:0-23\n");
  const MachineMemoryEvents found = Find(tree);
  REQUIRE(found.cores.size() == 1);
  CHECK(found.cores[0].load->event.precise_level == 2);
  CHECK(!found.cores[0].load->leader);
  CHECK(found.cores[0].store->event.words[0] == 0x2cd);
  CHECK(found.cores[0].store->event.precise_level == 3);
}

TEST_CASE("FindMemoryEvents: Ivy Bridge, with the same events, samples loads at level 3") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0xcd,umask=0x1,ldlat=3\n", "event=0xcd,umask=0x2\n");
  CHECK(Find(tree).cores.at(0).load->event.precise_level == 3);
}

TEST_CASE("FindMemoryEvents: Sierra Forest has small cores alone, in the PMU of large ones") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0xd0,umask=0x5,ldlat=3\n", "event=0xd0,umask=0x6\n");
  const MachineMemoryEvents found = Find(tree);
  CHECK(found.cores.at(0).load->event.words == ConfigWords{0x5d0, kLatency, 0, 0});
  CHECK(found.cores.at(0).load->event.precise_level == 3);
}

TEST_CASE("FindMemoryEvents: Arrow Lake has cores of three kinds, none with a leader") {
  SysfsTree tree;
  AddIntel(tree, "cpu_core", "4", "event=0xcd,umask=0x1,ldlat=3", "event=0xcd,umask=0x2");
  AddIntel(tree, "cpu_atom", "10", "event=0xd0,umask=0x5,ldlat=3", "event=0xd0,umask=0x6");
  AddIntel(tree, "cpu_lowpower", "11", "event=0xd0,umask=0x5,ldlat=3", "event=0xd0,umask=0x6");
  tree.With("cpu_core/format/frontend", "config1:0-23").With("cpu_core/cpus", "0-5\n");
  tree.With("cpu_atom/cpus", "6-13\n").With("cpu_lowpower/cpus", "14-15\n");
  const MachineMemoryEvents found = Find(tree);
  REQUIRE(found.cores.size() == 3);
  CHECK(found.cores[0].pmu == "cpu_core");
  CHECK(found.cores[0].load->event.precise_level == 2);
  CHECK(found.cores[0].cpus.size() == 6);
  CHECK(found.cores[1].load->event.type == 10);
  CHECK(found.cores[2].load->event.type == 11);
  CHECK(found.cores[2].load->event.cpus == std::vector<int>{14, 15});
  for (const CoreMemoryEvents& core : found.cores) CHECK(!core.load->leader);
}

TEST_CASE("FindMemoryEvents: cores of a kind that are all offline are left out") {
  SysfsTree tree;
  AddIntel(tree, "cpu_core", "4", "event=0xcd,umask=0x1,ldlat=3", "event=0xcd,umask=0x2");
  AddIntel(tree, "cpu_atom", "10", "event=0xd0,umask=0x5,ldlat=3", "event=0xd0,umask=0x6");
  tree.With("cpu_atom/cpus", "\n");
  const MachineMemoryEvents found = Find(tree);
  REQUIRE(found.cores.size() == 1);
  CHECK(found.cores[0].pmu == "cpu_core");
  CHECK(found.problem.empty());
  CHECK(!found.notes.empty());
}

TEST_CASE("FindMemoryEvents: Nehalem has no event for stores, and that is said") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0x0b,umask=0x10,ldlat=3", nullptr);
  const MachineMemoryEvents found = Find(tree);
  CHECK(found.cores.at(0).load->event.words == ConfigWords{0x100b, kLatency, 0, 0});
  CHECK(!found.cores[0].store);
  REQUIRE(found.notes.size() == 1);
  CHECK(found.notes[0].find("stores") != std::string::npos);
}

TEST_CASE("FindMemoryEvents: without precise levels there are no addresses, so no events") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0xcd,umask=0x1,ldlat=3\n", "event=0xcd,umask=0x2\n");
  tree.With("cpu/caps/max_precise", "0\n");
  const MachineMemoryEvents found = Find(tree);
  CHECK(found.cores.empty());
  CHECK(found.source == MemorySource::kNone);
  CHECK(found.problem.find("max_precise") != std::string::npos);
}

TEST_CASE("FindMemoryEvents: a guest's PMU that only counts is told from none at all") {
  SysfsTree guest;
  guest.With("cpu/type", "4").With("cpu/events/cpu-cycles", "event=0x3c\n");
  SysfsTree none;
  none.With("software/type", "1\n");
  CHECK(Find(guest).cores.empty());
  CHECK(Find(none).cores.empty());
  CHECK(!Find(none).problem.empty());
  CHECK(Find(guest).problem != Find(none).problem);
}

TEST_CASE("FindMemoryEvents: POWER8 has one event for both") {
  SysfsTree tree;
  tree.With("cpu/type", "4\n").With("cpu/format/event", "config:0-49\n");
  tree.With("cpu/format/mark", "config:8\n").With("cpu/events/mem_access", "event=0x10401e0\n");
  const MachineMemoryEvents found = Find(tree);
  CHECK(found.source == MemorySource::kMmcra);
  REQUIRE(found.cores.size() == 1);
  CHECK(found.cores[0].load_store->event.words == ConfigWords{0x10401e0, 0, 0, 0});
  CHECK(found.cores[0].load_store->event.precise_level == 0);
  CHECK((!found.cores[0].load && !found.cores[0].store));
}

TEST_CASE("FindMemoryEvents: AMD's older kernels count cycles where they cannot count operations") {
  SysfsTree tree;
  tree.With("cpu/type", "4").With("cpu/caps/max_precise", "0").With("ibs_op/type", "9\n");
  CHECK(Find(tree).cores.at(0).load_store->event.words == ConfigWords{});
  CHECK(Find(tree).cores[0].load_store->event.type == 9);
  tree.With("ibs_op/format/cnt_ctl", "config:19\n");
  CHECK(Find(tree).cores.at(0).load_store->event.words == ConfigWords{0x80000, 0, 0, 0});
  CHECK(Find(tree).period_multiple == 16);
  const std::size_t notes = Find(tree).notes.size();
  tree.With("ibs_op/format/swfilt", "config2:0\n");
  CHECK(Find(tree).notes.size() < notes);
}

TEST_CASE("FindMemoryEvents: Zen 5's latency filter, which sees misses of L3 alone, is not used") {
  SysfsTree tree;
  tree.With("ibs_op/type", "11").With("ibs_op/format/cnt_ctl", "config:19\n");
  tree.With("ibs_op/format/ldlat", "config1:0-11\n").With("ibs_op/caps/ldlat", "1\n");
  CHECK(Find(tree).cores.at(0).load_store->event.words == ConfigWords{0x80000, 0, 0, 0});
}

TEST_CASE("FindMemoryEvents: ARM has one PMU for each kind of cores") {
  SysfsTree tree;
  for (const char* const name : {"arm_spe_0", "arm_spe_1"}) {
    const std::string pmu = name;
    tree.With(pmu + "/type", "9").With(pmu + "/format/ts_enable", "config:0\n");
    tree.With(pmu + "/format/load_filter", "config:33\n");
    tree.With(pmu + "/format/store_filter", "config:34\n");
  }
  tree.With("arm_spe_0/cpumask", "0-3\n").With("arm_spe_1/cpumask", "4-7\n");
  tree.With("arm_spe_1/format/min_latency", "config2:0-11\n");
  tree.With("arm_spe_0/caps/min_interval", "256\n").With("arm_spe_1/caps/min_interval", "2048\n");
  const MachineMemoryEvents found = Find(tree);
  CHECK(found.source == MemorySource::kSpe);
  REQUIRE(found.cores.size() == 2);
  CHECK(found.cores[0].load->event.words == ConfigWords{0x200000001, 0, 0, 0});
  CHECK(found.cores[1].load->event.words == ConfigWords{0x200000001, 0, kLatency, 0});
  CHECK(found.cores[1].store->event.words == ConfigWords{0x400000001, 0, 0, 0});
  CHECK(found.cores[1].load_store->event.words == ConfigWords{0x600000001, 0, kLatency, 0});
  CHECK(found.cores[1].cpus == std::vector<int>{4, 5, 6, 7});
  CHECK(found.least_period == 2048);
}

TEST_CASE("FindMemoryEvents: an event that makes no sense is left out with the reason") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0x100,ldlat=3", "event=0xcd,umask=0x2");
  const MachineMemoryEvents found = Find(tree);
  REQUIRE(found.cores.size() == 1);
  CHECK(!found.cores[0].load);
  CHECK(found.cores[0].store);
  REQUIRE(found.notes.size() == 1);
  CHECK(found.notes[0].find("mem-loads") != std::string::npos);
  CHECK(found.notes[0].find("0x100") != std::string::npos);
}

TEST_CASE("FindMemoryEvents: a broken description of a term leaves the other event") {
  SysfsTree tree;
  AddIntel(tree, "cpu", "4", "event=0xcd,umask=0x1,ldlat=3", "event=0xd0,umask=0x82");
  tree.With("cpu/format/ldlat", "config1:0-");
  const MachineMemoryEvents found = Find(tree);
  REQUIRE(found.cores.size() == 1);
  CHECK(!found.cores[0].load);
  CHECK(found.cores[0].store);
  REQUIRE(found.notes.size() == 1);
  CHECK(found.notes[0].find("ldlat") != std::string::npos);
}

TEST_CASE("FindMemoryEvents: files that make no sense are named where there is no event") {
  SysfsTree tree;
  tree.With("cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3");
  const MachineMemoryEvents found = Find(tree);
  CHECK(found.cores.empty());
  CHECK(found.problem.find("has no file 'type'") != std::string::npos);
}

}  // namespace heimdallr::perf
