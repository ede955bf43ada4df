#include "recorder/placement.h"

#include <linux/mempolicy.h>

#include <filesystem>

#include <catch2/catch.hpp>

namespace heimdallr::recorder {
namespace {

using Catch::Matchers::Contains;
using Numbers = std::vector<std::uint32_t>;

// Two nodes with four processors each, and one of memory alone; the process may run on 1 to 5.
Surroundings Machine() {
  return {.machine = {.nodes = {{.id = 0, .memory_bytes = 1, .cpus = {0, 1, 2, 3}},
                                {.id = 1, .memory_bytes = 1, .cpus = {4, 5, 6, 7}},
                                {.id = 2, .memory_bytes = 1}}},
          .allowed_cpus = {1, 2, 3, 4, 5},
          .environment = {}};
}

PlacementOptions Memory(std::string_view spec) {
  return {.memory = topology::ParseMemorySpec(spec).value()};
}

WorkloadPlacement Plan(const PlacementOptions& options) {
  std::vector<std::string> warnings;
  auto placement = PlanPlacement(options, Machine(), warnings);
  REQUIRE(placement.status().ToString() == "OK");
  return *std::move(placement);
}

std::string Refusal(const PlacementOptions& options) {
  std::vector<std::string> warnings;
  const auto placement = PlanPlacement(options, Machine(), warnings);
  REQUIRE_FALSE(placement.ok());
  return std::string(placement.status().message());
}

}  // namespace

TEST_CASE("PlanPlacement: nothing asked for leaves everything as it is") {
  const WorkloadPlacement placement = Plan({});
  CHECK(placement.launch.cpus.empty());
  CHECK(placement.launch.memory_mode == MPOL_DEFAULT);
  CHECK_FALSE(placement.heap);
  CHECK(placement.recorder_cpus.empty());
  CHECK(placement.memories.empty());
  CHECK(placement.nodes.size() == 3);
}

TEST_CASE("PlanPlacement: a policy is set, and is memory 0 of the trace") {
  const WorkloadPlacement placement = Plan(Memory("interleave:0,2"));
  CHECK(placement.launch.memory_mode == MPOL_INTERLEAVE);
  CHECK(placement.launch.memory_nodes == Numbers{0, 2});
  REQUIRE(placement.memories.size() == 1);
  CHECK(placement.memories[0].id == 0);
  CHECK(placement.memories[0].name == "interleave:0,2");
  CHECK(placement.memories[0].nodes == Numbers{0, 2});
  CHECK(Plan(Memory("node:1")).launch.memory_mode == MPOL_BIND);
  CHECK(Plan(Memory("preferred:1")).launch.memory_mode == MPOL_PREFERRED);
}

TEST_CASE("PlanPlacement: --mem-node binds all but the heap that is asked for") {
  PlacementOptions options = Memory("kind:regular");
  options.mem_node = 2;
  options.no_room = NoRoom::kDefaultMemory;
  const WorkloadPlacement placement = Plan(options);
  CHECK(placement.launch.memory_mode == MPOL_BIND);
  CHECK(placement.launch.memory_nodes == Numbers{2});
  REQUIRE(placement.memories.size() == 3);
  CHECK(placement.memories[0].name == "node:2");
  CHECK(placement.memories[1].id == 1);
  CHECK(placement.memories[1].name == "kind:regular");
  CHECK(placement.memories[1].nodes.empty());
  CHECK(placement.memories[2].id == 2);
  CHECK(placement.memories[2].name == "fallback");
  CHECK(placement.memories[2].nodes == Numbers{2});
}

TEST_CASE("PlanPlacement: --mem-node and nodes of --memory exclude each other") {
  PlacementOptions options = Memory("preferred:0");
  options.mem_node = 1;
  CHECK_THAT(Refusal(options), Contains("--mem-node 1 and --memory preferred:0 exclude"));
  options = {.mem_node = 7};
  CHECK_THAT(Refusal(options), Contains("--mem-node 7: this machine has no node 7"));
}

// The form is that of channel/abi.h.
TEST_CASE("PlanPlacement: a heap's setting names a folder from the root") {
  const auto folder = std::filesystem::temp_directory_path();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.parent_path());
  PlacementOptions options = Memory("pmem:" + folder.filename().string() + ",size=16M");
  options.forked_heap = ForkedHeap::kRefuse;
  options.no_room = NoRoom::kDefaultMemory;
  const WorkloadPlacement placement = Plan(options);
  std::filesystem::current_path(before);
  REQUIRE(placement.heap);
  CHECK(placement.heap->setting == "fork=refuse;fallback=1;size=16777216;pmem=" + folder.string());
  CHECK(placement.heap->strict_setting ==
        "fork=refuse;fallback=0;size=16777216;pmem=" + folder.string());
  CHECK(Plan(Memory("kind:hbw-all")).heap->setting ==
        "fork=private;fallback=0;size=0;kind=hbw-all");
}

TEST_CASE("PlanPlacement: an error says which variable asked for the memory") {
  PlacementOptions options = Memory("pmem:/nonexistent");
  CHECK_THAT(Refusal(options), Contains("'/nonexistent': No such file") && !Contains("asks for"));
  options.memory_from = "HEIMDALLR_PMEMDIR";
  CHECK_THAT(Refusal(options), Contains("(HEIMDALLR_PMEMDIR asks for this memory)"));
}

TEST_CASE("PlanPlacement: forks are refused of file-backed heaps alone") {
  PlacementOptions options = Memory("kind:regular");
  options.forked_heap = ForkedHeap::kRefuse;
  CHECK_THAT(Refusal(options), Contains("--memory-fork=refuse is for pmem:"));
}

TEST_CASE("PlanPlacement: unknown kinds, and a fallback from nothing, are refused") {
  CHECK_THAT(Refusal(Memory("kind:fast")),
             Contains("there is no such kind; there are regular, hbw"));
  PlacementOptions options = Memory("node:0");
  options.no_room = NoRoom::kDefaultMemory;
  CHECK_THAT(Refusal(options), Contains("--memory-fallback is for kind: and pmem:"));
}

TEST_CASE("PlanPlacement: too little room is a warning where there is a fallback") {
  PlacementOptions options =
      Memory("pmem:" + std::filesystem::temp_directory_path().string() + ",size=8388607T");
  CHECK_THAT(Refusal(options), Contains("not for the 8796091973632 MiB"));
  options.no_room = NoRoom::kDefaultMemory;
  std::vector<std::string> warnings;
  REQUIRE(PlanPlacement(options, Machine(), warnings).ok());
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("has room for"));
}

TEST_CASE("PlanPlacement: --cpu-node takes what is allowed of the node, the recorder the others") {
  const WorkloadPlacement placement = Plan({.cpu_node = 0});
  CHECK(placement.launch.cpus == Numbers{1, 2, 3});
  CHECK(placement.recorder_cpus == Numbers{4, 5});
}

TEST_CASE("PlanPlacement: the recorder shares the processors where there are no others") {
  Surroundings small = Machine();
  small.allowed_cpus = {1, 2};
  std::vector<std::string> warnings;
  const auto placement = PlanPlacement({.cpu_node = 0}, small, warnings);
  REQUIRE(placement.ok());
  CHECK(placement->launch.cpus == Numbers{1, 2});
  CHECK(placement->recorder_cpus.empty());
}

TEST_CASE("PlanPlacement: --recorder-cpus is for the recorder alone") {
  const WorkloadPlacement placement = Plan({.recorder_cpus = {2}});
  CHECK(placement.recorder_cpus == Numbers{2});
  CHECK(placement.launch.cpus == Numbers{1, 2, 3, 4, 5});
  CHECK(Plan({.cpu_node = 1, .recorder_cpus = {4}}).launch.cpus == Numbers{4, 5});
  CHECK(Plan({.cpu_node = 1, .recorder_cpus = {4}}).recorder_cpus == Numbers{4});
}

TEST_CASE("PlanPlacement: processors that cannot be had are refused with those that can") {
  CHECK_THAT(Refusal({.cpu_node = 2}), Contains("--cpu-node 2: this node has memory alone"));
  CHECK_THAT(Refusal({.cpu_node = 9}), Contains("no node 9"));
  CHECK_THAT(Refusal({.recorder_cpus = {0, 1}}),
             Contains("--recorder-cpus 0-1: this process may run on 1-5 alone"));
  Surroundings elsewhere = Machine();
  elsewhere.allowed_cpus = {6};
  std::vector<std::string> warnings;
  CHECK_THAT(std::string(PlanPlacement({.cpu_node = 0}, elsewhere, warnings).status().message()),
             Contains("may run on no processor of the node (0-3), only on 6"));
}

}  // namespace heimdallr::recorder
