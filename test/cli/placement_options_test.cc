#include "cli/placement_options.h"

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

using Catch::Matchers::Contains;

const EarlierVariables kNone;
const EarlierVariables kEarlier = {.pmem_folder = "/mnt/old", .pmem_size = "2G"};

topology::MemorySpec Memory(const std::optional<std::string>& text,
                            const EarlierVariables& earlier) {
  const auto options = ReadPlacement({.memory = text}, earlier);
  REQUIRE(options.status().ToString() == "OK");
  return options->memory;
}

std::string Refusal(const PlacementTexts& texts, const EarlierVariables& earlier) {
  const auto options = ReadPlacement(texts, earlier);
  REQUIRE(options.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(options.status().message());
}

}  // namespace

TEST_CASE("ReadPlacement: the variables of earlier versions stand for --memory pmem") {
  CHECK(Memory(std::nullopt, kEarlier).folder == "/mnt/old");
  CHECK(Memory(std::nullopt, kEarlier).size_bytes == 2'147'483'648);
  CHECK(Memory(std::nullopt, kEarlier).text == "pmem:/mnt/old,size=2G");
  CHECK(Memory(std::nullopt, {.pmem_folder = "/mnt/old"}).size_bytes == 0);
  CHECK(Memory(std::nullopt, {.pmem_size = "2G"}).folder.empty());
}

TEST_CASE("ReadPlacement: the variables complete --memory pmem, and the command line wins") {
  CHECK(Memory("pmem", kEarlier).text == "pmem:/mnt/old,size=2G");
  CHECK(Memory("pmem,size=1G", kEarlier).size_bytes == 1'073'741'824);
  CHECK(Memory("pmem,size=1G", kEarlier).folder == "/mnt/old");
  CHECK(Memory("pmem:/mnt/new", kEarlier).folder == "/mnt/new");
  CHECK(Memory("pmem:/mnt/new", kEarlier).size_bytes == 0);
  CHECK(Memory("default", kEarlier).folder.empty());
  CHECK(Memory("node:0", kEarlier).folder.empty());
}

TEST_CASE("ReadPlacement: what is wrong is told with where it was written") {
  CHECK_THAT(Refusal({.memory = "pmem"}, kNone), Contains("nor does HEIMDALLR_PMEMDIR"));
  CHECK_THAT(Refusal({}, {.pmem_folder = "/a", .pmem_size = "big"}),
             Contains("HEIMDALLR_PMEMSIZE: ") && Contains("'big' is no size"));
  CHECK_THAT(Refusal({.memory = ""}, kEarlier), Contains("--memory: '': memory is default"));
  CHECK_THAT(Refusal({.memory = "node"}, kNone), Contains("--memory: 'node'"));
}

TEST_CASE("ReadPlacement: it is known that a variable asks for the memory") {
  CHECK(ReadPlacement({}, kEarlier)->memory_from == "HEIMDALLR_PMEMDIR");
  CHECK(ReadPlacement({.memory = "pmem"}, kEarlier)->memory_from.empty());
  CHECK(ReadPlacement({}, kNone)->memory_from.empty());
}

TEST_CASE("ReadPlacement: the other options are taken over") {
  const auto options = ReadPlacement({.mem_node = 1,
                                      .cpu_node = 2,
                                      .recorder_cpus = "3,0-1",
                                      .memory_fallback = true,
                                      .memory_fork = "refuse"},
                                     kNone);
  REQUIRE(options.ok());
  CHECK(options->mem_node == 1);
  CHECK(options->cpu_node == 2);
  CHECK(options->recorder_cpus == std::vector<std::uint32_t>{0, 1, 3});
  CHECK(options->no_room == recorder::NoRoom::kDefaultMemory);
  CHECK(options->forked_heap == recorder::ForkedHeap::kRefuse);
}

}  // namespace heimdallr::cli
