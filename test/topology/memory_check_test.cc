#include "topology/memory_check.h"

#include <catch2/catch.hpp>

#include "node_tree.h"

namespace heimdallr::topology {
namespace {

using Catch::Matchers::Contains;

// Two nodes with memory, one of processors alone; the cpuset has the first.
const MachineMemory kMachine = {
    .nodes = {{.id = 0, .memory_bytes = 1}, {.id = 1}, {.id = 2, .memory_bytes = 1}},
    .allowed_nodes = {0}};
const MachineMemory kOpen = {.nodes = kMachine.nodes};

std::string Refusal(const std::string& spec, const MachineMemory& machine,
                    const std::vector<std::string>& environment = {}) {
  const auto checked = CheckMemory(ParseMemorySpec(spec).value(), machine, environment);
  REQUIRE_FALSE(checked.ok());
  return std::string(checked.status().message());
}

bool Passes(const std::string& spec, const MachineMemory& machine) {
  return CheckMemory(ParseMemorySpec(spec).value(), machine, {}).ok();
}

}  // namespace

TEST_CASE("CheckMemory: nodes with memory that may be used pass") {
  CHECK(Passes("default", {}));
  CHECK(Passes("node:0", kMachine));
  CHECK(Passes("interleave:0,2", kOpen));
  CHECK(Passes("kind:regular", {}));
}

TEST_CASE("CheckMemory: each node that cannot serve is refused with its reason") {
  CHECK_THAT(Refusal("node:0,7", kMachine),
             Contains("node:0,7: this machine has no node 7; it has memory on 0,2"));
  CHECK_THAT(Refusal("preferred:1", kMachine), Contains("node 1 has no memory"));
  CHECK_THAT(Refusal("interleave:0,2", kMachine),
             Contains("may not use the memory of node 2 (its cpuset has 0)"));
  CHECK_THAT(Refusal("node:0", {}), Contains("says nothing of memory nodes"));
}

TEST_CASE("CheckMemory: memkind's variables are looked at for its kinds and for folders alone") {
  const std::vector<std::string> environment = {"MEMKIND_ARENA_NUM_PER_KIND=0"};
  CHECK(CheckMemory(ParseMemorySpec("node:0").value(), kMachine, environment).ok());
  CHECK_THAT(Refusal("kind:regular", {}, environment), Contains("MEMKIND_ARENA_NUM_PER_KIND=0"));
  CHECK_THAT(Refusal("pmem:/tmp", {}, environment), Contains("MEMKIND_ARENA_NUM_PER_KIND=0"));
}

TEST_CASE("CheckMemory: a folder must hold what is asked for") {
  const NodeTree tree;
  const std::string pmem = "pmem:" + tree.folder();
  CHECK_THAT(Refusal(pmem + ",size=1M", {}), Contains("a heap has at least 4 MiB"));
  const auto too_much =
      CheckMemory(ParseMemorySpec(pmem + ",size=8388607T").value(), MachineMemory{}, {});
  CHECK(too_much.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(Refusal(pmem + "/none", {}), Contains(tree.folder() + "/none'"));
}

}  // namespace heimdallr::topology
