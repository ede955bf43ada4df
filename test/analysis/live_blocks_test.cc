#include "analysis/live_blocks.h"

#include <map>
#include <random>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

TEST_CASE("LiveBlocks: gives back what was inserted, once") {
  LiveBlocks blocks;
  const LiveBlock block{.size = 8, .site = 3, .owner = 1};
  CHECK_FALSE(blocks.Insert(0x10, block));
  CHECK(blocks.Remove(0x10) == block);
  CHECK_FALSE(blocks.Remove(0x10));
}

TEST_CASE("LiveBlocks: inserting over a block returns the one before") {
  LiveBlocks blocks;
  const LiveBlock block{.size = 8, .site = 3, .owner = 1};
  CHECK_FALSE(blocks.Insert(0x10, block));
  CHECK(blocks.Insert(0x10, {.size = 9, .site = 0, .owner = 1}) == block);
}

TEST_CASE("LiveBlocks: an inherited block that was freed and used again is freed for good") {
  LiveBlocks parent;
  parent.Insert(0x10, {.size = 1, .site = 0, .owner = 1});
  LiveBlocks child = parent.Fork();
  CHECK(child.Remove(0x10));
  CHECK_FALSE(child.Insert(0x10, {.size = 2, .site = 0, .owner = 2}));
  CHECK(child.Remove(0x10)->size == 2);
  CHECK_FALSE(child.Remove(0x10));
  CHECK(parent.Remove(0x10)->size == 1);
}

// The model: plain maps, copied at each fork.
TEST_CASE("LiveBlocks: agrees with copied maps over random forks, inserts and removals") {
  std::mt19937 random(20240217);
  std::vector<std::pair<LiveBlocks, std::map<std::uint64_t, LiveBlock>>> processes(1);
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    const std::size_t which = random() % processes.size();
    const std::uint64_t address = 16 * (random() % 400);
    if (random() % 200 == 0 && processes.size() < 40) {
      auto child = std::pair(processes[which].first.Fork(), processes[which].second);
      processes.push_back(std::move(child));
      continue;
    }
    auto& [blocks, model] = processes[which];
    const auto expected = model.find(address);
    const bool present = expected != model.end();
    if (random() % 2 == 0) {
      const LiveBlock block{.size = step, .site = 0, .owner = static_cast<std::uint32_t>(which)};
      const auto before = blocks.Insert(address, block);
      REQUIRE(before.has_value() == present);
      if (present) REQUIRE(*before == expected->second);
      model[address] = block;
    } else {
      const auto removed = blocks.Remove(address);
      REQUIRE(removed.has_value() == present);
      if (present) {
        REQUIRE(*removed == expected->second);
        model.erase(expected);
      }
    }
  }
}

}  // namespace
}  // namespace heimdallr::analysis
