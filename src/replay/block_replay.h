// The accesses of a basic block from the registers at one of its instructions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "replay/block.h"
#include "replay/instruction.h"
#include "replay/registers.h"

namespace heimdallr::replay {

/// One access that the block makes around a tick.
struct ReplayedAccess {
  std::uint64_t ip = 0;
  std::uint64_t address = 0;
  /// 1 / vantage points: summed over the ticks that fall on the block's instructions, each as often
  /// as the others, it comes to the same for every operand, be it seen from one of them or from
  /// all.
  float weight = 1;
  std::uint16_t size_bytes = 0;
  AccessKind kind = AccessKind::kUnknown;
  bool direct = false;  ///< of the instruction at the tick itself
};

/// What a tick in a block comes to.
struct ReplayResult {
  std::vector<ReplayedAccess> accesses;  ///< in the order of the code
  /// Memory operands of the block whose address could not be computed, by Reason.
  std::array<std::uint32_t, kReasonCount> missing{};
  std::uint32_t memory_operands = 0;
  std::vector<Registers> states;  ///< reused memory
};

/// Walks from the tick to the block's end, applying what instructions do to the registers, and back
/// to its start, undoing it; gives each memory operand whose registers stay known. `registers` are
/// those of the tick: the instruction at `position` has not run yet. `result` is reused memory.
void Replay(const BlockPosition& position, const Registers& registers, ReplayResult& result);

enum class Direction : std::uint8_t { kBothWays, kForward };

/// Sets the vantage points of each operand of the block: how many of its instructions are places
/// from which a walk in this direction finds the registers of its address unchanged.
void CountVantagePoints(Block& block, Direction direction);

}  // namespace heimdallr::replay
