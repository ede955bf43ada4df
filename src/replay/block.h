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
    /// Of each memory operand: the number of the block's instructions at which a tick tells its
    /// address (CountVantagePoints). 0 = none does.
    std::array<std::uint16_t, Instruction::kMaxOperands> vantage_points{};
  };
  enum class Start : std::uint8_t {
    kKnown,
    kInDoubt,  ///< steps begin at the instruction asked for; what runs before it is not known
  };
  std::vector<Step> steps;
  Start start = Start::kKnown;
};

/// An instruction within its block.
struct BlockPosition {
  const Block* block = nullptr;
  std::uint32_t index = 0;  ///< into Block::steps
};

}  // namespace heimdallr::replay
