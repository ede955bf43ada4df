#include "analysis/block_map.h"

#include <map>
#include <random>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

HeapBlock Block(std::uint64_t size, std::uint32_t group = 0) {
  return {.size = size, .group = group, .owner = 1};
}

TEST_CASE("BlockMap: finds the nearest block at or below an address") {
  BlockMap blocks;
  blocks.Insert(0x100, Block(0x20, 1));
  blocks.Insert(0x200, Block(0x20, 2));
  CHECK_FALSE(blocks.FindAtOrBelow(0xff));
  CHECK(blocks.FindAtOrBelow(0x100)->block.group == 1);
  CHECK(blocks.FindAtOrBelow(0x1ff)->address == 0x100);
  CHECK(blocks.FindAtOrBelow(0x21f)->block.group == 2);
}

TEST_CASE("BlockMap: a block takes the place of those it overlaps") {
  BlockMap blocks;
  blocks.Insert(0x100, Block(0x20, 1));
  blocks.Insert(0x120, Block(0x20, 2));
  blocks.Insert(0x140, Block(0x20, 3));
  const auto gone = blocks.Insert(0x110, Block(0x20, 4));
  REQUIRE(gone.size() == 2);
  CHECK(gone[0].block.group + gone[1].block.group == 1 + 2);
  CHECK_FALSE(blocks.Remove(0x100));
  CHECK(blocks.Remove(0x140)->group == 3);
}

TEST_CASE("BlockMap: what a child knows better of a block, its parent does not see") {
  BlockMap parent;
  parent.Insert(0x100, Block(8));
  BlockMap child = parent.Fork();
  HeapBlock better = Block(8);
  better.object = 7;
  child.Update(0x100, better);
  CHECK(child.FindAtOrBelow(0x100)->block.object == 7);
  CHECK(parent.FindAtOrBelow(0x100)->block.object == 0);
  CHECK(child.Remove(0x100)->object == 7);
  CHECK_FALSE(child.FindAtOrBelow(0x100));
  CHECK(parent.Remove(0x100));
}

using Model = std::map<std::uint64_t, HeapBlock>;

// Blocks of at most 16 bytes at multiples of 16, so that they do not overlap.
void Compare(const BlockMap& blocks, const Model& model, std::uint64_t address) {
  const auto found = blocks.FindAtOrBelow(address);
  const auto expected = model.find(address / 16 * 16);
  // The nearest block below counts only if it holds the address.
  const bool holds = found && address - found->address < found->block.size;
  const bool model_holds =
      expected != model.end() && address - expected->first < expected->second.size;
  REQUIRE(holds == model_holds);
  if (holds) REQUIRE(found->block == expected->second);
}

TEST_CASE("BlockMap: agrees with copied maps over random forks, inserts and removals") {
  std::mt19937 random(20240218);
  std::vector<std::pair<BlockMap, Model>> processes(1);
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    const std::size_t which = random() % processes.size();
    const std::uint64_t address = 16 * (random() % 400);
    if (random() % 200 == 0 && processes.size() < 40) {
      auto child = std::pair(processes[which].first.Fork(), processes[which].second);
      processes.push_back(std::move(child));
      continue;
    }
    auto& [blocks, model] = processes[which];
    if (random() % 2 == 0) {
      const HeapBlock block = Block(1 + random() % 16, step);
      const auto before = blocks.Insert(address, block);
      REQUIRE(before.size() == model.count(address));
      model[address] = block;
    } else {
      const auto removed = blocks.Remove(address);
      const auto expected = model.find(address);
      REQUIRE(removed.has_value() == (expected != model.end()));
      if (removed) {
        REQUIRE(*removed == expected->second);
        model.erase(expected);
      }
    }
    Compare(blocks, model, random() % 6400);
  }
  for (const auto& [blocks, model] : processes) {
    Model all;
    blocks.ForEach([&all = all](std::uint64_t address, const HeapBlock& block) {
      all.emplace(address, block);
    });
    CHECK(all == model);
  }
}

}  // namespace
}  // namespace heimdallr::analysis
