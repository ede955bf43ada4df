#include <vector>

#include <catch2/catch.hpp>

#include "analysis/allocation_chains.h"
#include "analysis/code_place.h"

namespace heimdallr::analysis {
namespace {

CodePlace Place(std::uint64_t offset) { return {.module = 1, .offset = offset}; }

using Chain = std::vector<CodePlace>;

}  // namespace

TEST_CASE("CallChains: equal chains have one number, and give what was put in") {
  CallChains chains;
  const Chain first{Place(1), Place(2)};
  const Chain second{Place(2), Place(1)};
  CHECK(chains.IdOf(first) == 0);
  CHECK(chains.IdOf(second) == 1);
  CHECK(chains.IdOf(Chain{Place(1)}) == 2);
  CHECK(chains.IdOf(first) == 0);
  CHECK(chains.chain(0) == first);
  CHECK(chains.chain(1) == second);
  CHECK(chains.size() == 3);
}

TEST_CASE("CallChains: when there are too many, new ones are their innermost call alone") {
  CallChains chains;
  const auto numbered = [](std::uint64_t i) { return Chain{Place(i % 100), Place(100 + i)}; };
  for (std::uint64_t i = 0; i < CallChains::kMostChains; ++i) {
    REQUIRE(chains.IdOf(numbered(i)) == i);
  }
  const std::uint32_t cut = chains.IdOf(numbered(CallChains::kMostChains + 7));
  CHECK(chains.chain(cut) == Chain{Place((CallChains::kMostChains + 7) % 100)});
  CHECK(chains.IdOf(numbered(5)) == 5);  // those there are stay whole
}

TEST_CASE("CallChains: when there are too many frames, long chains are their innermost call") {
  CallChains chains;
  Chain chain(1024, Place(1));
  for (std::uint64_t i = 0; i < CallChains::kMostFrames / chain.size(); ++i) {
    chain.back() = Place(i);
    REQUIRE(chains.chain(chains.IdOf(chain)) == chain);
  }
  chain.back() = Place(1'000'000);
  CHECK(chains.chain(chains.IdOf(chain)) == Chain{Place(1)});
}

TEST_CASE("AllocationChains: an address is other code after its process executed another program") {
  ModuleMap modules;
  AllocationChains chains(modules, nullptr);
  const auto map = [&](const char* path) {
    modules.Add(MappingRecord{.address = 0x1000,
                              .size = 0x1000,
                              .path = path,
                              .protection = 5,  // read, execute
                              .pid = 7,
                              .tid = 7});
  };
  const AllocationRecord record{.address = 0x9000, .size = 8, .caller = 0x1010, .pid = 7, .tid = 7};
  map("/bin/one");
  const std::uint32_t before = chains.IdOf(record);
  CHECK(chains.IdOf(record) == before);
  const ProcessRecord exec{.pid = 7, .event = ProcessEvent::kExec};
  modules.Add(exec);
  chains.Add(exec);
  map("/bin/two");
  const std::uint32_t after = chains.IdOf(record);
  CHECK(before != after);
  // The byte before the return address.
  CHECK(chains.chains().chain(after).front().offset == 0xf);
}

}  // namespace heimdallr::analysis
