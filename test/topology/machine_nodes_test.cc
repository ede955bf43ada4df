#include "topology/machine_nodes.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "node_tree.h"

namespace heimdallr::topology {

using Numbers = std::vector<std::uint32_t>;

TEST_CASE("ReadMachineNodes: nodes with processors, with memory, and with both") {
  const NodeTree tree;
  tree.Write("online", "0-1,4\n");
  tree.AddNode(0, 24684084, "0-15,32-47", "10 21 17");
  tree.AddNode(1, 0, "16-31", "21 10 28");
  tree.AddNode(4, 130023424, "", "17 28 10");
  const auto nodes = ReadMachineNodes(tree.folder());
  REQUIRE(nodes.status().ToString() == "OK");
  REQUIRE(nodes->size() == 3);
  CHECK((*nodes)[0].id == 0);
  CHECK((*nodes)[0].memory_bytes == 25'276'502'016);
  CHECK((*nodes)[0].cpus.size() == 32);
  CHECK((*nodes)[0].cpus.back() == 47);
  CHECK((*nodes)[0].distances == Numbers{10, 21, 17});
  CHECK((*nodes)[1].memory_bytes == 0);
  CHECK((*nodes)[2].id == 4);
  CHECK((*nodes)[2].cpus.empty());
  CHECK((*nodes)[2].memory_bytes == 133'143'986'176);
  CHECK(FindNode(*nodes, 4) == &(*nodes)[2]);
  CHECK(FindNode(*nodes, 2) == nullptr);
}

TEST_CASE("ReadMachineNodes: a kernel without nodes is NotFound") {
  const NodeTree tree;
  CHECK(ReadMachineNodes(tree.folder()).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("ReadMachineNodes: files that make no sense are told by their path") {
  const NodeTree tree;
  const auto read = [&] { return std::string(ReadMachineNodes(tree.folder()).status().message()); };
  tree.Write("online", "zero");
  CHECK(read() == "'" + tree.folder() + "/online' has 'zero'");
  tree.Write("online", "0");
  tree.AddNode(0, 1, "0", "10");
  CHECK(ReadMachineNodes(tree.folder()).ok());
  tree.Write("node0/distance", "10 near");
  CHECK(read() == "'" + tree.folder() + "/node0/distance' has '10 near'");
  tree.AddNode(0, 1, "0", "10");
  tree.Write("node0/meminfo", "");
  CHECK(read().find("/node0/meminfo'") != std::string::npos);
  tree.Write("node0/meminfo", "Node 0 MemTotal:       much kB");
  CHECK(read().find("/node0/meminfo'") != std::string::npos);
}

TEST_CASE("AllowedCpus: at least the processor this runs on") {
  const auto cpus = AllowedCpus();
  REQUIRE(cpus.ok());
  CHECK_FALSE(cpus->empty());
  CHECK(std::is_sorted(cpus->begin(), cpus->end()));
}

}  // namespace heimdallr::topology
