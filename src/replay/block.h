// A basic block of a program.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "replay/instruction.h"

namespace heimdallr::replay {

/// Straight code: entered at its first instruction, left after its last.
struct Block {
  struct Step {
    std::uint64_t ip = 0;
    Instruction instruction;
    /// Of each memory operand: how often the block is taken to have run since a tick last told its
    /// address (block_replay.h).
    std::array<float, Instruction::kMaxOperands> owed{};
    /// A tick here tells more of the block's past by two walks than by one (block_replay.cc).
    bool two_walks = false;
  };
  enum class Start : std::uint8_t {
    kKnown,
    kInDoubt,  ///< something may jump in between: what is before a tick may not have run
    kUnknown,  ///< steps begin at the one instruction that was asked for (JIT)
  };
  std::vector<Step> steps;
  /// What always runs before the block, in its order: it tells values, but its accesses are those
  /// of blocks of their own.
  std::vector<Effects> prologue;
  Start start = Start::kKnown;
};

/// An instruction within its block.
struct BlockPosition {
  Block* block = nullptr;
  std::uint32_t index = 0;  ///< into Block::steps
};

}  // namespace heimdallr::replay
