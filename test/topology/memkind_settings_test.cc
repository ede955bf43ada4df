#include "topology/memkind_settings.h"

#include <catch2/catch.hpp>

namespace heimdallr::topology {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

// Node 2 has processors alone.
const std::vector<NodeInfo> kNodes = {
    {.id = 0, .memory_bytes = 1}, {.id = 1, .memory_bytes = 1}, {.id = 2}};

std::string Check(const std::string& entry, std::string_view kind = "regular",
                  const std::vector<std::uint32_t>& allowed_nodes = {}) {
  const absl::Status status = CheckMemkindSettings({"HOME=/", entry}, kind, kNodes, allowed_nodes);
  return status.ok() ? "" : std::string(status.message());
}

}  // namespace

// What memkind 1.14 does with each value was tried: those refused make it abort or give no memory.
TEST_CASE("CheckMemkindSettings: the number of arenas is above 0") {
  CHECK(Check("MEMKIND_ARENA_NUM_PER_KIND=4").empty());
  for (const char* value : {"0", "x", "-1", "", "99999999999"}) {
    CHECK_THAT(Check(std::string("MEMKIND_ARENA_NUM_PER_KIND=") + value),
               StartsWith(std::string("memkind would not work with MEMKIND_ARENA_NUM_PER_KIND=") +
                          value + ": it must be a whole number from 1"));
  }
}

TEST_CASE("CheckMemkindSettings: the limit of threads is a number, or empty") {
  for (const char* value : {"", "0", "2"}) {
    CHECK(Check(std::string("MEMKIND_BACKGROUND_THREAD_LIMIT=") + value).empty());
  }
  for (const char* value : {"x", "-1", "2x"}) {
    CHECK_THAT(Check(std::string("MEMKIND_BACKGROUND_THREAD_LIMIT=") + value),
               Contains("must be a whole number from 0"));
  }
}

TEST_CASE("CheckMemkindSettings: TBB is refused") {
  CHECK(Check("MEMKIND_HEAP_MANAGER=JEMALLOC").empty());
  CHECK_THAT(Check("MEMKIND_HEAP_MANAGER=TBB"), Contains("JEMALLOC"));
}

TEST_CASE("CheckMemkindSettings: node lists name nodes with memory, where the kind reads them") {
  CHECK(Check("MEMKIND_HBW_NODES=0-1", "hbw-all").empty());
  CHECK(Check("MEMKIND_HBW_NODES=all", "hbw").empty());
  CHECK(Check("MEMKIND_HBW_NODES=!0", "hbw").empty());
  CHECK(Check("MEMKIND_HBW_NODES=7", "regular").empty());
  CHECK(Check("MEMKIND_HBW_NODES=7", "dax-kmem").empty());
  CHECK(Check("MEMKIND_HBW_NODES=7", "").empty());
  CHECK_THAT(Check("MEMKIND_HBW_NODES=7", "hbw"), Contains("there is no node 7"));
  CHECK_THAT(Check("MEMKIND_HBW_NODES=0-2", "hbw"), Contains("node 2 has no memory"));
  CHECK_THAT(Check("MEMKIND_DAX_KMEM_NODES=3", "dax-kmem-all"), Contains("there is no node 3"));
  CHECK_THAT(Check("MEMKIND_DAX_KMEM_NODES=", "dax-kmem"), Contains("a list of memory nodes"));
  CHECK_THAT(Check("MEMKIND_DAX_KMEM_NODES=0,", "dax-kmem"), Contains("a list of memory nodes"));
  CHECK_THAT(Check("MEMKIND_HBW_THRESHOLD=fast", "hbw"), Contains("whole number from 0"));
}

TEST_CASE("CheckMemkindSettings: each node of a list is in the cpuset") {
  CHECK(Check("MEMKIND_HBW_NODES=0-1", "hbw", {0, 1}).empty());
  CHECK(Check("MEMKIND_HBW_NODES=0", "regular", {1}).empty());
  CHECK_THAT(Check("MEMKIND_HBW_NODES=0-1", "hbw", {1}),
             Contains("may not use the memory of node 0 (its cpuset has 1)"));
}

}  // namespace heimdallr::topology
